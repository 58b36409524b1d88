cleave_test(unit_app LABEL fast
  SOURCES unit/app/expectation_test.cpp unit/app/explain_test.cpp unit/app/child_test.cpp unit/app/progress_test.cpp
  USES cleave::app cleave::cost)
cleave_test(smoke_cli LABEL fast
  SOURCES smoke/help_test.cpp smoke/catalogue_test.cpp smoke/run_test.cpp smoke/verify_test.cpp
    smoke/trace_cli_test.cpp smoke/cache_cli_test.cpp smoke/calibrate_cli_test.cpp smoke/flow_test.cpp smoke/docs_test.cpp
  USES nlohmann_json::nlohmann_json)
target_compile_definitions(smoke_cli PRIVATE CLEAVE_PROGRAM="$<TARGET_FILE:cleave>")
add_dependencies(smoke_cli cleave)
