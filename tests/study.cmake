cleave_test(unit_study LABEL fast
  SOURCES unit/study/axes_test.cpp unit/study/comparison_test.cpp unit/study/content_hash_test.cpp unit/study/expression_test.cpp
    unit/study/fork_pool_test.cpp unit/study/plan_costs_test.cpp unit/study/plan_search_test.cpp unit/study/result_store_test.cpp unit/study/steady_state_test.cpp
  USES cleave::study cleave::rng cleave::metrics
  APART unit/study/result_store_test.cpp)
cleave_test(smoke_study LABEL fast
  SOURCES smoke/check_test.cpp smoke/plan_test.cpp smoke/slurm_test.cpp smoke/sweep_test.cpp
  USES nlohmann_json::nlohmann_json
  APART smoke/plan_test.cpp smoke/sweep_test.cpp)
target_compile_definitions(smoke_study PRIVATE CLEAVE_PROGRAM="$<TARGET_FILE:cleave>")
add_dependencies(smoke_study cleave)
cleave_test(smoke_check_trials LABEL full
  SOURCES smoke/check_trials_test.cpp)
target_compile_definitions(smoke_check_trials PRIVATE CLEAVE_PROGRAM="$<TARGET_FILE:cleave>")
add_dependencies(smoke_check_trials cleave)
# Hidden from discovery, so that only `make validate` runs the hundreds of trials.
add_test(NAME "validation_check_trials" COMMAND smoke_check_trials "[.long]")
set_tests_properties(validation_check_trials PROPERTIES LABELS validation)
