cleave_test(unit_engine LABEL fast
  SOURCES unit/engine/batch_test.cpp unit/engine/replica_test.cpp unit/engine/coalescing_test.cpp
  USES cleave::engine)
