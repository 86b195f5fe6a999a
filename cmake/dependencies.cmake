# SPDX-License-Identifier: Apache-2.0
# Everything comes from Debian 12; docs/decisions says why each was chosen.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)         # MODULE: no config file is shipped
find_package(absl CONFIG REQUIRED)
find_package(gRPC CONFIG REQUIRED)      # after Protobuf
find_package(SQLite3 3.40 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(simdjson CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(Eigen3 CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
if(NOT TARGET re2::re2)
  pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET GLOBAL re2)
  add_library(re2::re2 ALIAS PkgConfig::RE2)
endif()
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET GLOBAL cpp-httplib)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(Boost REQUIRED)            # headers only
find_package(CURL REQUIRED)
if(NOT TARGET CLD2::CLD2)               # ships neither CMake nor pkg-config
  find_path(CLD2_INCLUDE_DIR cld2/public/compact_lang_det.h REQUIRED)
  find_library(CLD2_LIBRARY cld2 REQUIRED)
  add_library(CLD2::CLD2 UNKNOWN IMPORTED GLOBAL)
  set_target_properties(CLD2::CLD2 PROPERTIES
    IMPORTED_LOCATION "${CLD2_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CLD2_INCLUDE_DIR}")
endif()
if(REASONWATCH_TESTS)
  find_package(GTest CONFIG REQUIRED)
endif()
if(REASONWATCH_BENCH)
  find_package(benchmark CONFIG REQUIRED)
endif()
if(REASONWATCH_STATIC_GRPC)
  include(static_grpc)
endif()
