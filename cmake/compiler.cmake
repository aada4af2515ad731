# Flags for our own code, never passed on to users of the library.
add_library(treering_compiler INTERFACE)
target_compile_options(treering_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wimplicit-fallthrough
  -Wno-restrict -Wno-stringop-overflow  # GCC 12 warns of its own std::string (GCC bug 105651)
  -fno-math-errno
  -fno-semantic-interposition  # nobody replaces what is inside, so it may be inlined
  -ffp-contract=off  # no fused multiply-add that one instruction set has and another has not: bits must not differ
  -fstack-protector-strong)
target_compile_definitions(treering_compiler INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
target_link_options(treering_compiler INTERFACE -Wl,-z,relro,-z,now)

# What users run is optimized across files: a call of a few bytes passes through a dozen of small functions in as many
# files. Objects hold ordinary code too, which all other programs are linked from, since that takes a second and not
# ten. Property WHOLE_PROGRAM of a target says which.
define_property(TARGET PROPERTY WHOLE_PROGRAM BRIEF_DOCS "Is it optimized across files when it is linked?")
set(across_files $<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>)
set(treering_objects_across_files $<${across_files}:-flto=auto;-ffat-lto-objects>)
target_link_options(treering_compiler INTERFACE
  $<${across_files}:$<IF:$<BOOL:$<TARGET_PROPERTY:WHOLE_PROGRAM>>,-flto=auto;-Wno-stringop-overflow,-fno-lto>>)

set(TREERING_SANITIZE "" CACHE STRING "Sanitizers for everything: address,undefined or thread")
if(TREERING_SANITIZE)
  add_compile_options(-fsanitize=${TREERING_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TREERING_SANITIZE})
  if(TREERING_SANITIZE MATCHES thread)
    add_compile_options(-Wno-tsan)  # fences: every use is paired with an atomic access that TSan sees
  endif()
endif()

if(TREERING_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "TREERING_FUZZ is on and the compiler is ${CMAKE_CXX_COMPILER_ID} (libFuzzer is a part of clang) "
                        "use the preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
    -Wno-unknown-warning-option)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
