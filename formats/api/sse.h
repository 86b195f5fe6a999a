// Server-sent events, read from a whole body.
#ifndef REASONWATCH_FORMATS_API_SSE_H_
#define REASONWATCH_FORMATS_API_SSE_H_

#include <functional>
#include <string_view>

namespace reasonwatch {

// Calls `on_data` with each event's data, lines joined by line feeds; comments
// and other fields are skipped. An event that the body's end cuts off is
// given too. Line ends may be CR, LF or both. Linear in the body; the view
// is valid during the call only.
void ForEachSseEvent(std::string_view body,
                     const std::function<void(std::string_view)>& on_data);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_SSE_H_
