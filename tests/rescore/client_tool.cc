// SPDX-License-Identifier: Apache-2.0
// Asks a real server by the client and prints the answer, for
// tests/e2e/real_client_test.py.
//
//   client_tool ENDPOINT MODEL MESSAGES_JSON
#include <iostream>
#include <string>

#include "core/response.h"
#include "rescore/client/failure.h"
#include "rescore/client/model_client.h"

namespace {

using reasonwatch::ModelClient;
using reasonwatch::SampleRequest;

void Print(const std::string& what, ModelClient& client,
           const SampleRequest& request) {
  const auto got = client.Sample(request);
  if (!got.ok()) {
    std::cout << what << " failed "
              << reasonwatch::ClientFailureName(got.status()) << "\n";
    return;
  }
  // A JSON body has no line breaks; a stream is cut into lines.
  std::cout << what << " choices " << got->size() << "\n"
            << what << " fingerprint " << got->front().regime.fingerprint
            << "\n"
            << what << " streamed " << got->front().streamed << "\n"
            << what << " body " << got->front().body.substr(0, 1 << 20) << "\n"
            << what << " end\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  reasonwatch::ModelClientOptions options;
  options.endpoint = argv[1];
  const auto client = reasonwatch::OpenModelClient(options);
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 1;
  }
  const auto regime = (*client)->ReadRegime(argv[2]);
  if (regime.ok())
    std::cout << "regime fingerprint " << regime->fingerprint << "\n"
              << "regime template " << regime->template_hash << "\n"
              << "regime weights " << regime->weights_version << "\n"
              << "regime engine " << regime->engine << "\n";
  const auto load = (*client)->Load();
  if (load.ok())
    std::cout << "load waiting " << load->waiting << "\n"
              << "load running " << load->running << "\n";

  SampleRequest request;
  request.model = argv[2];
  request.messages_json = argv[3];
  request.temperature = 0;
  request.max_tokens = 192;
  request.id = "rw-tool";
  Print("whole", **client, request);
  request.cache_salt = "fresh";
  Print("fresh", **client, request);
  request.stream = true;
  Print("stream", **client, request);
  request.n = 2;
  Print("two", **client, request);
  request.n = 50;
  Print("fifty", **client, request);
  request.n = 1;
  request.thinking = reasonwatch::Thinking::kOff;
  Print("off", **client, request);
  request.thinking = reasonwatch::Thinking::kUnstated;
  request.model = "another-model";
  Print("other", **client, request);
  request.model = argv[2];
  request.messages_json.clear();
  request.prompt = "74 + 55 =";
  Print("prompt", **client, request);
  return 0;
}
