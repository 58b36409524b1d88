# The commands of many runs: sweep, merge, plan, compare, check.
target_sources(sim_app PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES
  interrupt_twice.h slurm.h study_progress.h)
target_sources(sim_app PRIVATE
  interrupt_twice.cpp merge_command.cpp slurm.cpp study_progress.cpp sweep_command.cpp)
target_link_libraries(sim_app PUBLIC cleave::study)
