find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
cleave_test(unit_kv LABEL fast
  SOURCES unit/kv/block_pool_test.cpp unit/kv/block_pool_model_test.cpp unit/kv/chain_map_test.cpp unit/kv/huge_allocator_test.cpp
  USES cleave::kv ${RAPIDCHECK_LIBRARY})
cleave_test(unit_index LABEL fast
  SOURCES unit/kv/chain_index_test.cpp unit/kv/prefix_index_test.cpp
  USES cleave::index)
cleave_test(unit_tiers LABEL fast
  SOURCES unit/kv/tier_store_test.cpp unit/kv/tier_store_model_test.cpp
  USES cleave::tiers ${RAPIDCHECK_LIBRARY})
cleave_test(unit_gc LABEL fast
  SOURCES unit/kv/claim_book_test.cpp
  USES cleave::gc cleave::rng ${RAPIDCHECK_LIBRARY})
