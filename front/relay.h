// SPDX-License-Identifier: Apache-2.0
// One connection of a front that relays HTTP/2.
#ifndef REASONWATCH_FRONT_RELAY_H_
#define REASONWATCH_FRONT_RELAY_H_

#include <functional>
#include <memory>
#include <string>

#include "front/options.h"
#include "front/port_connection.h"
#include "front/ports.h"
#include "front/transport.h"

namespace reasonwatch {

// Owns `fd`, also if it fails. Null: there is no descriptor for the socket to
// the server, or the server does not take it. All references must outlive the
// connection; of the ports it uses `count`.
std::unique_ptr<PortConnection> MakeRelay(
    int fd, std::string address, SSL_CTX* context, const FrontOptions& options,
    const FrontPorts& ports, const std::function<bool(int)>& hand_on,
    FrontTime now);

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_RELAY_H_
