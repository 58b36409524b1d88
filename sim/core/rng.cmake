# Random streams are a target of their own, so that workload and policy use them without SimGrid.
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
cleave_module(sim_rng HEADERS rng.h SOURCES rng.cpp)
target_include_directories(sim_rng SYSTEM PRIVATE ${RANDOM123_INCLUDE_DIR})
