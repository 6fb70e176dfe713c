# cmake -DSOURCE=... -DOUTPUT=... -DCOMPILER=... -DFLAGS=... -DTYPE=... -DVERSION=... -P build_info.cmake
set(COMMIT "")
set(DIFF "")
execute_process(COMMAND git -C ${SOURCE} rev-parse HEAD OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND git -C ${SOURCE} diff HEAD --no-color OUTPUT_FILE ${OUTPUT}.diff ERROR_QUIET)
file(READ ${OUTPUT}.diff DIFF_HEX LIMIT 1000000 HEX)
string(LENGTH "${DIFF_HEX}" LENGTH)
if(LENGTH GREATER 0)
  set(DIRTY true)
else()
  set(DIRTY false)
endif()
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" DIFF "${DIFF_HEX}")
# Split the literal, as compilers limit the length of one.
string(REGEX REPLACE "((\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?)" "\"\\1\"\n" DIFF "${DIFF}")
set(TEXT "#include \"harness/job/build_info.hpp\"

namespace xib::build_info {
const char* const commit = \"${COMMIT}\";
const bool dirty = ${DIRTY};
const char* const diff = \"\"
${DIFF};
const char* const compiler = \"${COMPILER}\";
const char* const flags = \"${FLAGS}\";
const char* const type = \"${TYPE}\";
const char* const version = \"${VERSION}\";
}  // namespace xib::build_info
")
set(OLD "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} OLD)
endif()
if(NOT OLD STREQUAL TEXT)
  file(WRITE ${OUTPUT} "${TEXT}")
endif()
