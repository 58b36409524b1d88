cleave_test(unit_kv LABEL fast
  SOURCES unit/kv/block_pool_test.cpp unit/kv/block_pool_model_test.cpp
  USES cleave::kv)
cleave_test(unit_index LABEL fast
  SOURCES unit/kv/chain_index_test.cpp unit/kv/prefix_index_test.cpp
  USES cleave::index)
