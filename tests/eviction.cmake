# Sources of the program are compiled in: the program's own library pulls in every module.
cleave_test(full_eviction LABEL full
  SOURCES unit/eviction/reference_test.cpp ${PROJECT_SOURCE_DIR}/sim/app/cache_trace.cpp
  USES cleave::eviction cleave::workload fmt::fmt)
cleave_test(unit_eviction LABEL fast
  SOURCES unit/eviction/parts_test.cpp unit/eviction/replay_test.cpp unit/eviction/identities_test.cpp
    unit/eviction/laws_test.cpp unit/eviction/curve_test.cpp unit/eviction/model_test.cpp unit/eviction/drawn_test.cpp
  USES cleave::eviction)
cleave_test(unit_cache_command LABEL fast
  SOURCES unit/eviction/command_test.cpp ${PROJECT_SOURCE_DIR}/sim/app/cache_capacity.cpp
    ${PROJECT_SOURCE_DIR}/sim/app/cache_command.cpp ${PROJECT_SOURCE_DIR}/sim/app/cache_rows.cpp
    ${PROJECT_SOURCE_DIR}/sim/app/cache_trace.cpp
  USES cleave::eviction cleave::scenario cleave::workload nlohmann_json::nlohmann_json fmt::fmt)
