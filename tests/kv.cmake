cleave_test(unit_kv LABEL fast
  SOURCES unit/kv/block_pool_test.cpp unit/kv/block_pool_model_test.cpp
  USES cleave::kv)
