# SPDX-License-Identifier: Apache-2.0
# The table of docs/architecture.md, "Rooms": a room, the rooms of our own that
# it may link, and a regular expression of the other targets it may link. A room
# is a folder; the longest entry that is a prefix of a file's folder is its room.
# tools/check_layers.py reads the same table and checks the #include lines.
set(LAYERS util core proto tap formats answers features baseline evaluator detectors
           detectors/signals detectors/traffic incidents rescore storage daemon/pipeline daemon/recordings daemon/telemetry
           daemon/api daemon/notify daemon/coverage daemon/history daemon/app/config daemon/app)
set(ALLOW_util "")
set(THIRD_util "absl::|simdjson::")
set(ALLOW_core util)
set(THIRD_core "absl::")
set(ALLOW_proto "")
set(THIRD_proto "protobuf::|gRPC::")
set(ALLOW_tap util core proto formats)
set(THIRD_tap "absl::|gRPC::|protobuf::|simdjson::|ZLIB::|cpp-httplib|PkgConfig::HTTPLIB|OpenSSL::")
set(ALLOW_formats util core)
set(THIRD_formats "absl::|re2::|simdjson::")
set(ALLOW_answers util core)
set(THIRD_answers "absl::|re2::|Boost::|nlohmann_json::")
set(ALLOW_features util core answers)
set(THIRD_features "absl::|simdjson::|ICU::|CLD2::")
set(ALLOW_baseline util core)
set(THIRD_baseline "absl::|re2::|Boost::|ICU::")
set(ALLOW_evaluator util core formats answers features baseline)
set(THIRD_evaluator "absl::|OpenSSL::")
set(ALLOW_detectors/signals util core)
set(THIRD_detectors/signals "absl::")
set(ALLOW_detectors/traffic util core)
set(THIRD_detectors/traffic "absl::")
set(ALLOW_detectors util core detectors/signals detectors/traffic)
set(THIRD_detectors "absl::|Eigen3::")
set(ALLOW_incidents util core detectors/signals)
set(THIRD_incidents "absl::")
set(ALLOW_rescore util core)
set(THIRD_rescore "absl::|simdjson::|CURL::")
set(ALLOW_storage util core)
set(THIRD_storage "absl::|SQLite::")
set(ALLOW_daemon/pipeline util core tap answers features baseline evaluator detectors
                          incidents detectors/signals)
set(THIRD_daemon/pipeline "absl::")
set(ALLOW_daemon/recordings util core tap formats answers features baseline evaluator detectors
                            detectors/signals incidents
                            daemon/pipeline storage)
set(THIRD_daemon/recordings "absl::|simdjson::|Boost::|nlohmann_json::")
set(ALLOW_daemon/telemetry util core)
set(THIRD_daemon/telemetry "absl::|prometheus-cpp::")
set(ALLOW_daemon/api util core)
set(THIRD_daemon/api "absl::|cpp-httplib|PkgConfig::HTTPLIB|OpenSSL::|nlohmann_json::")
set(ALLOW_daemon/coverage util core)
set(THIRD_daemon/coverage "absl::")
set(ALLOW_daemon/history util core detectors/signals)
set(THIRD_daemon/history "absl::")
set(ALLOW_daemon/notify util core)
set(THIRD_daemon/notify "absl::|OpenSSL::")
# Not to call them: the Options of these rooms have the defaults.
set(ALLOW_daemon/app/config util core formats tap answers detectors rescore storage
                            daemon/api daemon/coverage daemon/pipeline daemon/telemetry)
set(THIRD_daemon/app/config "absl::|yaml-cpp|re2::")
set(ALLOW_daemon/app util core proto tap formats answers features baseline evaluator
                     detectors detectors/signals incidents rescore storage daemon/pipeline daemon/recordings
                     daemon/telemetry daemon/api daemon/notify daemon/coverage daemon/history daemon/app/config)
set(THIRD_daemon/app "absl::|CLI11::|OpenSSL::|spdlog::|gRPC::|protobuf::|nlohmann_json::")

function(reasonwatch_check_layers)
  get_property(targets GLOBAL PROPERTY REASONWATCH_LIBRARIES)
  foreach(target IN LISTS targets)
    get_target_property(layer ${target} REASONWATCH_LAYER)
    get_target_property(public_links ${target} INTERFACE_LINK_LIBRARIES)
    get_target_property(private_links ${target} LINK_LIBRARIES)
    foreach(link IN LISTS public_links private_links)
      string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
      if(NOT link OR link MATCHES "NOTFOUND|^reasonwatch_(options|warnings)$|^Threads::")
        continue()
      endif()
      if(link MATCHES "^reasonwatch(::|_)")
        string(REPLACE "reasonwatch::" "reasonwatch_" real "${link}")
        get_target_property(other ${real} REASONWATCH_LAYER)
        if(NOT other STREQUAL layer AND NOT other IN_LIST ALLOW_${layer})
          message(FATAL_ERROR "layering: ${target} (${layer}) may not depend on "
                              "${link} (${other}); see docs/architecture.md")
        endif()
      elseif(NOT link MATCHES "^(${THIRD_${layer}})")
        message(FATAL_ERROR "layering: ${target} (${layer}) may not depend on "
                            "third-party ${link}; see docs/architecture.md")
      endif()
    endforeach()
  endforeach()
endfunction()
