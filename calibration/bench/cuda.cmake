# The CUDA probes: one program, from the toolkit's own libraries alone. Included when CLEAVE_CUDA is on.
if(NOT CMAKE_CUDA_COMPILER)
  find_program(CLEAVE_NVCC nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(NOT CLEAVE_NVCC)
    message(FATAL_ERROR "CLEAVE_CUDA is on and nvcc was not found: set CMAKE_CUDA_COMPILER, or turn CLEAVE_CUDA off")
  endif()
  set(CMAKE_CUDA_COMPILER ${CLEAVE_NVCC})
endif()

# Ampere, Hopper and Blackwell, as far as this toolkit knows them; the newest also as PTX for what comes after it.
if(NOT CLEAVE_CUDA_ARCHITECTURES)
  execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --list-gpu-arch OUTPUT_VARIABLE known_architectures)
  foreach(architecture 80 90a 100)
    string(REGEX REPLACE "[a-z]" "" number ${architecture})
    if(known_architectures MATCHES "compute_${number}\n")
      list(APPEND CLEAVE_CUDA_ARCHITECTURES ${architecture}-real)
      set(newest ${number})
    endif()
  endforeach()
  if(newest EQUAL 100)
    list(APPEND CLEAVE_CUDA_ARCHITECTURES 100-virtual)
  endif()
endif()
set(CMAKE_CUDA_ARCHITECTURES ${CLEAVE_CUDA_ARCHITECTURES})
message(STATUS "CUDA probes for ${CLEAVE_CUDA_ARCHITECTURES}")
if(CCACHE_PROGRAM AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
enable_language(CUDA)
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25.1 does not know that nvcc has it
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
endif()
find_package(CUDAToolkit REQUIRED)
# cuDNN is not part of the toolkit: without it its points are skipped, and say why.
find_path(CUDNN_INCLUDE_DIR cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
find_library(CUDNN_LIBRARY cudnn HINTS ${CUDAToolkit_LIBRARY_DIR})
if(CUDNN_INCLUDE_DIR AND CUDNN_LIBRARY)
  message(STATUS "cuDNN's fused attention is measured too: ${CUDNN_LIBRARY}")
  set(cudnn_sources device/cudnn_graph.cpp device/cudnn_prefill.cpp)
else()
  message(STATUS "cuDNN was not found: its fused attention is not measured")
  set(cudnn_sources device/no_cudnn.cpp)
  set(CUDNN_INCLUDE_DIR "")
  set(CUDNN_LIBRARY "")
endif()

add_executable(cleave_bench_cuda
  main.cpp ${cudnn_sources} device/arena.cpp device/bench.cpp device/matmul.cpp device/monitor.cpp kernels/fill.cu
  kernels/prefill_attention.cu kernels/decode_attention.cu kernels/join_parts.cu kernels/elementwise.cu kernels/kv_blocks.cu
  kernels/decode_mla.cu kernels/moe.cu device/experts.cpp probes/decode_mla.cpp probes/moe.cpp
  device/transformer.cpp probes/step.cpp
  probes/reference.cpp probes/launch.cu probes/gemm.cpp probes/copies.cpp probes/decode_attention.cpp
  probes/prefill_attention.cpp probes/elementwise.cpp probes/kv_blocks.cpp)
target_include_directories(cleave_bench_cuda PRIVATE ${PROJECT_SOURCE_DIR})
target_include_directories(cleave_bench_cuda SYSTEM PRIVATE ${CUDNN_INCLUDE_DIR})
target_link_libraries(cleave_bench_cuda PRIVATE
  cleave::harness cleave::grids CUDA::cudart CUDA::cublasLt ${CUDNN_LIBRARY} ${CMAKE_DL_LIBS})
# nvcc's own generated host code does not pass -Wconversion; its sources are held to the rest.
target_compile_options(cleave_bench_cuda PRIVATE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wconversion -Wshadow -Werror>
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wshadow --Werror=all-warnings>)
set_target_properties(cleave_bench_cuda PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
