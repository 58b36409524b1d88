# The commands of many runs: sweep, merge, plan, compare, check.
target_sources(sim_app PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES
  check_run.h interrupt_twice.h run_costs.h slurm.h study_progress.h)
target_sources(sim_app PRIVATE
  check_command.cpp check_run.cpp compare_command.cpp interrupt_twice.cpp merge_command.cpp plan_command.cpp run_costs.cpp slurm.cpp study_progress.cpp sweep_command.cpp)
target_link_libraries(sim_app PUBLIC cleave::study)
