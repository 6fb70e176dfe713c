#include "datasets/official.hpp"

#include "datasets/data_file.hpp"
#include "harness/core/hash.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace xib {
namespace {

using File = OfficialSet::File;

constexpr File kFashionDownloads[] = {
    {"train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
    {"train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
    {"t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
    {"t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
};
constexpr File kFashionFiles[] = {
    {"train-images-idx3-ubyte", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
    {"train-labels-idx1-ubyte", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
    {"t10k-images-idx3-ubyte", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
    {"t10k-labels-idx1-ubyte", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
};
constexpr File kMnistDownloads[] = {
    {"train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
    {"train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
    {"t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
    {"t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
};
constexpr File kMnistFiles[] = {
    {"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    {"train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    {"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    {"t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
};
constexpr File kCifar10Downloads[] = {{"cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"}};
constexpr File kCifar10Files[] = {
    {"data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
    {"data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
    {"data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
    {"data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
    {"data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
    {"test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"},
};
constexpr File kCifar100Downloads[] = {{"cifar-100-binary.tar.gz", "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"}};
constexpr File kCifar100Files[] = {
    {"train.bin", "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"},
    {"test.bin", "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"},
};

// MNIST: the publisher's server (yann.lecun.com/exdb/mnist) no longer gives the files out; this is the copy that PyTorch uses.
constexpr std::array<OfficialSet, 4> kOfficialSets = {{
    {"fashion-mnist", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com", kFashionDownloads, kFashionFiles},
    {"mnist", "https://ossci-datasets.s3.amazonaws.com/mnist", kMnistDownloads, kMnistFiles},
    {"cifar10", "https://www.cs.toronto.edu/~kriz", kCifar10Downloads, kCifar10Files},
    {"cifar100", "https://www.cs.toronto.edu/~kriz", kCifar100Downloads, kCifar100Files},
}};

}  // namespace

const OfficialSet* official_set(std::string_view dataset) {
  const auto found = std::find_if(kOfficialSets.begin(), kOfficialSets.end(), [&](const OfficialSet& set) { return set.dataset == dataset; });
  return found == kOfficialSets.end() ? nullptr : &*found;
}

std::vector<FoundFile> check_files(const OfficialSet& official, const std::string& directory, std::string_view remedy) {
  std::vector<FoundFile> found;
  for (const auto& file : official.files) {
    const DataFile data = read_data_file(directory, std::string(file.name), -1, remedy);
    std::string sum = sha256({reinterpret_cast<const char*>(data.bytes.data()), data.bytes.size()});
    const bool same = sum == file.sha256;
    found.push_back({data.path, std::move(sum), same});
  }
  return found;
}

}  // namespace xib
