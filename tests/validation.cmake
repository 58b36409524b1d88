cleave_test(unit_validation LABEL fast
  SOURCES unit/validation/statistics_test.cpp unit/validation/readers_test.cpp unit/validation/replay_test.cpp
    unit/validation/run_report_test.cpp
  USES cleave::validation)
cleave_test(smoke_engines LABEL fast
  SOURCES smoke/verify_engines_test.cpp
  USES nlohmann_json::nlohmann_json)
target_compile_definitions(smoke_engines PRIVATE CLEAVE_PROGRAM="$<TARGET_FILE:cleave>")
add_dependencies(smoke_engines cleave)
