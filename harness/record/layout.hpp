#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/record/rows.hpp"

namespace xib {

inline constexpr std::string_view kSchema = "xibench-run";
inline constexpr std::int64_t kSchemaVersion = 1;
inline constexpr std::int32_t kLargestDenseTopology = 4096;  // nodes; mixing matrices of more are stored as CSR
inline constexpr std::size_t kLongText = 1024;               // provenance texts longer than this, or with line breaks, are datasets

// Array (T, width) of float32; width is the number of nodes or of ranks.
struct WideColumn {
  std::string_view name;
  std::vector<float> Rows::*member;
  std::string_view units, description;
  bool science;
};
inline constexpr WideColumn kNodeColumns[] = {
    {"train_loss", &Rows::node_train_loss, "1", "mini-batch loss of each node", kScience},
    {"distance_to_mean", &Rows::node_distance_to_mean, "1", "distance of each node's parameters to their mean after mixing (no BatchNorm buffers)", kScience},
};
inline constexpr WideColumn kRankColumns[] = {
    {"compute_s", &Rows::rank_compute_s, "s", "gradients on each rank", kNotScience},
    {"mix_s", &Rows::rank_mix_s, "s", "mixing on each rank", kNotScience},
    {"wait_s", &Rows::rank_wait_s, "s", "waiting of each rank for others", kNotScience},
};

// Root attribute that is a text. put() returns false for a text that it does not know.
struct RootText {
  std::string_view name;
  std::string (*get)(const RunRecord& record);
  bool (*put)(RunRecord& record, const std::string& text);
};
template <std::string RunRecord::*member>
constexpr RootText root_text(std::string_view name) {
  return {name, [](const RunRecord& record) { return record.*member; },
          [](RunRecord& record, const std::string& text) {
            record.*member = text;
            return true;
          }};
}
inline constexpr RootText kRootTexts[] = {
    root_text<&RunRecord::run_id>("run_id"),
    root_text<&RunRecord::name>("name"),
    root_text<&RunRecord::variant>("variant"),
    {"outcome", [](const RunRecord& record) { return std::string(name_of(record.outcome)); },
     [](RunRecord& record, const std::string& text) {
       const auto outcome = standing_named(text);
       if (outcome && has_result(*outcome)) record.outcome = *outcome;
       return outcome && has_result(*outcome);
     }},
    root_text<&RunRecord::final_model_sha256>("final_model_sha256"),
};

// Attribute of /topology/<k> that is a number.
struct TopologyNumber {
  std::string_view name;
  double TopologyRecord::*member;
  bool optional = false;  // files of schema version 1 may lack it
};
inline constexpr TopologyNumber kTopologyNumbers[] = {{"p", &TopologyRecord::p},
                                                      {"lambda2", &TopologyRecord::lambda2},
                                                      {"lambda_min", &TopologyRecord::lambda_min},
                                                      {"contraction", &TopologyRecord::contraction, /*optional=*/true}};

// Fact of provenance that is long and so becomes a dataset.
struct LongFact {
  std::string_view name, description;
};
inline constexpr LongFact kLongFacts[] = {{"command_line", "the command that did the run"},
                                          {"compiler_flags", "flags that the program was compiled with"},
                                          {"cpu_flags", "instruction sets of the CPU, as the kernel names them"},
                                          {"environment", "environment variables that change speed or results, one per line (an allow-list)"},
                                          {"git_diff", "what the working tree of the build had changed since git_commit"},
                                          {"libraries", "shared libraries mapped into rank 0, one path per line"},
                                          {"rank_facts", "where each rank ran: host, process, processors, threads; one line per rank"}};
inline constexpr std::string_view kOtherFact = "a fact about how, where or with what the run was made";

// Attribute of /problem.
struct ProblemNumber {
  std::string_view name;
  double ProblemRecord::*member;
};
inline constexpr ProblemNumber kProblemNumbers[] = {{"L", &ProblemRecord::L},
                                                    {"mu", &ProblemRecord::mu},
                                                    {"sigma2", &ProblemRecord::sigma2},
                                                    {"zeta2", &ProblemRecord::zeta2},
                                                    {"optimum", &ProblemRecord::optimum}};

}  // namespace xib
