// SPDX-License-Identifier: Apache-2.0
// The options of all taps, one member a tap: the daemon's configuration holds
// this struct, and the list of builtin.cc makes the taps from it.
#ifndef REASONWATCH_TAP_OPTIONS_H_
#define REASONWATCH_TAP_OPTIONS_H_

#include "tap/agento11y/options.h"
#include "tap/ext_proc/options.h"
#include "tap/files/options.h"
#include "tap/grpc/options.h"
#include "tap/http/options.h"
#include "tap/otlp/options.h"

namespace reasonwatch {

struct TapOptions {
  GrpcTapOptions grpc;
  ExtProcOptions ext_proc;
  OtlpTapOptions otlp;
  Agento11yOptions agento11y;
  HttpTapOptions http;
  FileTapOptions files;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OPTIONS_H_
