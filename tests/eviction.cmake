cleave_test(full_eviction LABEL full
  SOURCES unit/eviction/reference_test.cpp
  USES cleave::app cleave::eviction cleave::workload fmt::fmt)
cleave_test(unit_eviction LABEL fast
  SOURCES unit/eviction/parts_test.cpp unit/eviction/replay_test.cpp unit/eviction/identities_test.cpp
    unit/eviction/laws_test.cpp unit/eviction/curve_test.cpp unit/eviction/model_test.cpp unit/eviction/drawn_test.cpp
  USES cleave::eviction
  APART unit/eviction/drawn_test.cpp)
cleave_test(unit_cache_command LABEL fast
  SOURCES unit/eviction/command_test.cpp
  USES cleave::app)
