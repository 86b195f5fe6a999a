# SPDX-License-Identifier: Apache-2.0
# Debian's packages tell CMake of the shared libraries only; the archives lie
# beside them. Points the imported targets of gRPC, protobuf and Abseil at their
# archives: all of them or none, since two Abseils in one program would
# each have their own locks and flags.
get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
list(FILTER targets INCLUDE REGEX "^(gRPC::(grpc|gpr|upb|address_sorting)|protobuf::libprotobuf$|absl::)")
foreach(target IN LISTS targets)
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "SHARED_LIBRARY" AND NOT type STREQUAL "UNKNOWN_LIBRARY")
    continue()
  endif()
  foreach(suffix "" _NONE _RELEASE)
    get_target_property(location ${target} IMPORTED_LOCATION${suffix})
    if(NOT location)
      continue()
    endif()
    string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${location}")
    if(NOT EXISTS "${archive}")
      message(FATAL_ERROR "REASONWATCH_STATIC_GRPC: ${target} has no ${archive}")
    endif()
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION${suffix} "${archive}"
                          IMPORTED_SONAME${suffix} "")
  endforeach()
endforeach()
