cmake_minimum_required(VERSION 3.18)

# find_package(dioaudit) gives the command dioaudit::dioaudit, dioaudit::markers for dioaudit.h, dioaudit::test for its assertions in
# tests (libdioaudit_test), and dioaudit_add_test().
get_filename_component(_dioaudit_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET dioaudit::dioaudit)
  add_executable(dioaudit::dioaudit IMPORTED GLOBAL)
  set_target_properties(dioaudit::dioaudit PROPERTIES IMPORTED_LOCATION "${_dioaudit_prefix}/bin/dioaudit")
  add_library(dioaudit::markers INTERFACE IMPORTED GLOBAL)
  set_target_properties(dioaudit::markers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${_dioaudit_prefix}/include")
  add_library(dioaudit::test SHARED IMPORTED GLOBAL)
  set_target_properties(dioaudit::test PROPERTIES
    IMPORTED_LOCATION "${_dioaudit_prefix}/lib/dioaudit/libdioaudit_test.so"
    INTERFACE_INCLUDE_DIRECTORIES "${_dioaudit_prefix}/include")
endif()
unset(_dioaudit_prefix)

# dioaudit_add_test(NAME name [OPTIONS option...] COMMAND command [argument...])
#
# A test that passes where `dioaudit run` does: an inconclusive audit (2) fails it, as a violation (1) does, and no exit status
# skips it. A target's name as the command stands for its program. All that follows COMMAND is the command.
function(dioaudit_add_test)
  set(name "")
  set(options "")
  set(command "")
  set(at "")
  math(EXPR last "${ARGC} - 1")
  foreach(index RANGE ${last})
    set(argument "${ARGV${index}}")
    if(NOT at STREQUAL "COMMAND" AND argument MATCHES "^(NAME|OPTIONS|COMMAND)$")
      set(at "${argument}")
    elseif(at STREQUAL "NAME" AND name STREQUAL "")
      set(name "${argument}")
    elseif(at STREQUAL "OPTIONS")
      # These end well without an audit.
      if(argument MATCHES "^(-h|--help|--version|--)$")
        message(FATAL_ERROR "dioaudit_add_test: ${name}: ${argument} audits nothing: remove it from OPTIONS")
      endif()
      string(APPEND options " [====[${argument}]====]")
    elseif(at STREQUAL "COMMAND")
      if(command STREQUAL "" AND TARGET "${argument}")
        set(argument "$<TARGET_FILE:${argument}>")
      endif()
      string(APPEND command " [====[${argument}]====]")
    else()
      message(FATAL_ERROR "dioaudit_add_test: \"${argument}\" belongs to none of NAME name, OPTIONS and COMMAND")
    endif()
  endforeach()
  if(name STREQUAL "" OR command STREQUAL "")
    message(FATAL_ERROR "dioaudit_add_test: NAME and COMMAND are needed: the test's name, and the program to audit")
  endif()
  # As code, since a list in a variable would lose empty arguments and split others at semicolons.
  cmake_language(EVAL CODE
    "add_test(NAME [====[${name}]====] COMMAND dioaudit::dioaudit run${options} --${command})")
endfunction()
