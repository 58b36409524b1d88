# The trace reader's source is compiled in: the program's own library pulls in every module.
cleave_test(full_eviction LABEL full
  SOURCES unit/eviction/reference_test.cpp ${PROJECT_SOURCE_DIR}/sim/app/cache_trace.cpp
  USES cleave::eviction cleave::workload fmt::fmt)
