# How this project declares a module, a test program and its warnings.

add_library(project_warnings INTERFACE)
target_compile_options(project_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)
# GCC 12 sees overlaps that cannot be in std::string concatenation (its bug 105651).
target_compile_options(project_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(CLEAVE_CHECKED)
  target_compile_definitions(project_warnings INTERFACE CLEAVE_CHECKED)
endif()
if(CLEAVE_SANITIZE)
  # GCC 12 takes instrumented library code (std::regex) for uses of uninitialized memory.
  target_compile_options(project_warnings INTERFACE -fsanitize=${CLEAVE_SANITIZE} -fno-omit-frame-pointer
    -Wno-maybe-uninitialized)
  target_link_options(project_warnings INTERFACE -fsanitize=${CLEAVE_SANITIZE})
endif()

# Sources of a target are compiled a few at a time: their headers are read once for all of them, which takes a third of
# the time. Those that say the same names in namespaces of their own are compiled APART. The dev and asan presets and
# `make lint` compile every file alone, so that each includes what it uses.
function(cleave_compile_together target)
  if(CLEAVE_TOGETHER)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# cleave_module(sim_kv HEADERS a.h SOURCES a.cpp USES cleave::units PRIVATE_USES fmt::fmt APART a.cpp)
# Declares the library `sim_kv` with the alias `cleave::kv`. Headers are included by full path from the project's root.
function(cleave_module name)
  cmake_parse_arguments(arg "" "" "HEADERS;SOURCES;USES;PRIVATE_USES;APART" ${ARGN})
  string(REGEX REPLACE "^[a-z]+_(.+)$" "\\1" short ${name})  # once: a bare ^ would match again after each cut
  if(arg_SOURCES)
    add_library(${name} STATIC)
    target_sources(${name} PRIVATE ${arg_SOURCES})
    target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
    target_link_libraries(${name} PUBLIC ${arg_USES} PRIVATE project_warnings ${arg_PRIVATE_USES})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
    cleave_compile_together(${name} ${arg_APART})
  else()
    add_library(${name} INTERFACE)
    target_sources(${name} INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
    target_link_libraries(${name} INTERFACE ${arg_USES})
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
  endif()
  add_library(cleave::${short} ALIAS ${name})
endfunction()
