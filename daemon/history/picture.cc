// SPDX-License-Identifier: Apache-2.0
// First the counts of a channel in any span of time (Tally), then the points,
// the band and the buckets made of them, then the parts of the traffic and the
// examples, which come from the latest responses alone.
#include "daemon/history/picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "daemon/history/words.h"
#include "detectors/signals/channel.h"

namespace reasonwatch {
namespace {

// Responses before the onset from which a band is drawn.
constexpr int64_t kMinExpected = 20;
// Points with fewer responses say nothing of how far rates spread.
constexpr int64_t kMinOfPoint = 5;
constexpr size_t kMaxExamples = 5;  // of each kind
constexpr size_t kMaxCarriers = 24;

// A channel as a reading of one response.
struct Reading {
  std::string signal;
  std::string channel;
  Question question = Question::kPresent;
  Feature feature = Feature::kCount;
  bool length() const {
    return feature == Feature::kOutputTokens ||
           feature == Feature::kReasoningTokens;
  }
  bool graded() const { return question == Question::kFailed; }
  // The fault is that the feature is gone.
  bool missing() const {
    return question == Question::kMissing || question == Question::kLow;
  }
};

Reading ReadingOf(const IncidentSignal& s) {
  Reading r;
  r.signal = std::string(SignalName(s.signal));
  r.channel = s.finding.channel;
  const ChannelSpec* spec = FindChannel(s.finding.channel);
  if (spec != nullptr) {
    r.question = spec->question;
    r.feature = spec->feature;
  }
  if (s.signal == Signal::kConsistencyRegression)
    r.question = Question::kFailed;
  if (r.question == Question::kRarePair) r.feature = Feature::kLanguageMismatch;
  return r;
}

// Responses of one span of time by a reading.
struct Tally {
  int64_t responses = 0;  // that have the reading
  int64_t shown = 0;      // of rates
  std::array<int64_t, kLengthBins> bins{};

  void Add(const HistorySlot& slot, const Reading& r) {
    if (r.graded()) {
      responses += slot.graded;
      shown += slot.wrong;
      return;
    }
    if (r.feature == Feature::kCount) return;
    const auto f = static_cast<size_t>(r.feature);
    if (!r.length()) {
      responses += slot.responses - slot.unknown[f];
      shown += slot.shown[f];
      return;
    }
    const LengthHistogram& lengths = slot.Lengths(r.feature);
    for (size_t b = 0; b < bins.size(); ++b) {
      bins[b] += lengths[b];
      responses += lengths[b];
    }
  }
  // In bins, with a fraction; the first bin has no inside.
  double Quantile(double q) const {
    const double wanted = q * static_cast<double>(responses);
    double before = 0;
    for (size_t b = 0; b < bins.size(); ++b) {
      const auto here = static_cast<double>(bins[b]);
      if (here > 0 && before + here >= wanted)
        return b == 0 ? 0 : static_cast<double>(b) + (wanted - before) / here;
      before += here;
    }
    return 0;
  }
  double Share(bool missing) const {
    const double share =
        static_cast<double>(shown) / static_cast<double>(responses);
    return missing ? 1 - share : share;
  }
};

PicturePoint PointOf(absl::Time time, const Tally& tally, const Reading& r) {
  PicturePoint point;
  point.time = time;
  point.responses = tally.responses;
  if (tally.responses == 0) return point;
  if (r.length()) {
    point.low = TokensAt(tally.Quantile(.1));
    point.value = TokensAt(tally.Quantile(.5));
    point.high = TokensAt(tally.Quantile(.9));
  } else {
    point.value = tally.Share(r.missing());
  }
  return point;
}

std::string TitleOf(const Reading& r) {
  if (r.graded()) return "graded answers that are wrong";
  if (r.length())
    return absl::StrReplaceAll(std::string(FeatureName(r.feature)),
                               {{"_", " "}});
  return absl::StrCat("responses that ", FaultOf(r.channel));
}

// The band of a rate: the shares of nine points in ten.
void SpreadOfRates(const std::vector<PicturePoint>& healthy,
                   PicturePoint& expected) {
  std::vector<double> shares;
  for (const PicturePoint& p : healthy)
    if (p.responses >= kMinOfPoint) shares.push_back(p.value);
  std::sort(shares.begin(), shares.end());
  expected.low = expected.high = expected.value;
  if (shares.empty()) return;
  const size_t tail = shares.size() / 20;
  expected.low = std::min(expected.value, shares[tail]);
  expected.high = std::max(expected.value, shares[shares.size() - 1 - tail]);
}

// The bins between which a length is within the band.
struct Limits {
  int below = 0;            // bins under this one are too short
  int above = kLengthBins;  // bins over this one are too long
};

// A slot, or the part of one between two times.
struct Span {
  absl::Time time;
  absl::Duration length;
  HistorySlot slot;
  absl::Time middle() const { return time + length / 2; }
};

// From when on the latest responses are all that the stream has seen.
absl::Time KnownFrom(const StreamHistory& stream) {
  if (stream.recent().size() < StreamHistory::kRecent)
    return absl::InfinitePast();
  int64_t first = std::numeric_limits<int64_t>::max();
  for (const RecentRow& row : stream.recent())
    first = std::min(first, row.start_ns);
  return absl::FromUnixNanos(first);
}

// The slots of a stream, cut at the times. A slot has no order of its own: the
// latest responses tell what lies behind a cut, and the rest of the slot lies
// before it. If they do not reach back to a cut, the slot is not cut there.
std::vector<Span> CutSlots(const StreamHistory& stream,
                           const std::vector<absl::Time>& cuts) {
  const absl::Time known = KnownFrom(stream);
  std::vector<Span> spans;
  stream.ForEachSlot(
      [&](absl::Time time, absl::Duration length, const HistorySlot& slot) {
        std::map<absl::Time, HistorySlot> parts;  // behind the first cut
        for (const absl::Time cut : cuts)
          if (cut > time && cut < time + length && cut > known) parts[cut];
        HistorySlot rest = slot;
        if (!parts.empty())
          for (const RecentRow& row : stream.recent()) {
            const absl::Time start = absl::FromUnixNanos(row.start_ns);
            if (start < parts.begin()->first || start >= time + length)
              continue;
            std::prev(parts.upper_bound(start))->second.Count(row);
          }
        for (const auto& [cut, part] : parts)
          // A late response is counted elsewhere.
          if (!rest.Subtract(part)) {
            spans.push_back({time, length, slot});
            return;
          }
        const auto end_of = [&](auto next) {
          return next == parts.end() ? time + length : next->first;
        };
        spans.push_back({time, end_of(parts.begin()) - time, rest});
        for (auto it = parts.begin(); it != parts.end(); ++it)
          spans.push_back(
              {it->first, end_of(std::next(it)) - it->first, it->second});
      });
  return spans;
}

class SignalPainter {
 public:
  SignalPainter(Reading reading, absl::Time onset)
      : reading_(std::move(reading)), onset_(onset) {}

  void AddPoint(absl::Time time, const HistorySlot& slot) {
    Tally tally;
    tally.Add(slot, reading_);
    if (tally.responses > 0) points_[time].Add(slot, reading_);
  }
  void AddBefore(const Span& span) {
    if (span.middle() < onset_) before_.Add(span.slot, reading_);
  }
  void AddSince(const Span& span, absl::Time end) {
    if (span.middle() >= onset_ && span.middle() < end)
      since_.Add(span.slot, reading_);
  }
  bool HasAffected(const HistorySlot& slot) const {
    Tally tally;
    tally.Add(slot, reading_);
    return AffectedOf(tally) > 0;
  }

  SignalPicture Paint() {
    SignalPicture out;
    out.signal = reading_.signal;
    out.channel = reading_.channel;
    out.feature = reading_.graded()
                      ? "wrong_answers"
                      : std::string(FeatureName(reading_.feature));
    out.unit = reading_.length() ? "tokens" : "share";
    out.title = TitleOf(reading_);
    std::vector<PicturePoint> healthy;
    for (const auto& [time, tally] : points_) {
      out.points.push_back(PointOf(time, tally, reading_));
      if (time < onset_) healthy.push_back(out.points.back());
    }
    if (before_.responses >= kMinExpected) {
      out.expected = PointOf(absl::InfinitePast(), before_, reading_);
      if (!reading_.length()) SpreadOfRates(healthy, out.expected);
    }
    out.now = PointOf(absl::InfinitePast(), since_, reading_);
    out.seen = since_.responses;
    out.affected = AffectedOf(since_);
    if (reading_.length()) out.buckets = Buckets();
    return out;
  }

  Limits limits() const {
    Limits l;
    if (before_.responses < kMinExpected) return l;
    if (reading_.question != Question::kHigh)
      l.below = static_cast<int>(before_.Quantile(.1));
    if (reading_.question != Question::kLow)
      l.above = static_cast<int>(before_.Quantile(.9));
    return l;
  }
  const Reading& reading() const { return reading_; }

 private:
  int64_t AffectedOf(const Tally& tally) const {
    if (!reading_.length())
      return reading_.missing() ? tally.responses - tally.shown : tally.shown;
    const Limits l = limits();
    int64_t affected = 0;
    for (int b = 0; b < kLengthBins; ++b)
      if (b < l.below || b > l.above)
        affected += tally.bins[static_cast<size_t>(b)];
    return affected;
  }
  // A doubling each, from the first to the last that has a response.
  std::vector<PictureBucket> Buckets() const {
    std::vector<PictureBucket> buckets;
    for (size_t b = 0; b < kLengthBins; b += 2) {
      PictureBucket bucket;
      bucket.from = std::round(TokensAt(static_cast<double>(b)));
      bucket.to = std::round(TokensAt(static_cast<double>(b) + 2));
      bucket.before = before_.bins[b] + before_.bins[b + 1];
      bucket.since = since_.bins[b] + since_.bins[b + 1];
      buckets.push_back(bucket);
    }
    const auto empty = [](const PictureBucket& b) {
      return b.before == 0 && b.since == 0;
    };
    while (!buckets.empty() && empty(buckets.back())) buckets.pop_back();
    const auto first = std::find_if_not(buckets.begin(), buckets.end(), empty);
    buckets.erase(buckets.begin(), first);
    return buckets;
  }

  const Reading reading_;
  const absl::Time onset_;
  std::map<absl::Time, Tally> points_;
  Tally before_;
  Tally since_;
};

// A response since the onset, seen through the first signal.
struct Judged {
  const StreamHistory* stream;
  const RecentRow* row;
  double value;  // tokens, or 1 and 0
  bool affected;
};

double ValueOf(const RecentRow& row, const Reading& r) {
  if (r.graded()) {
    if (row.grade == Grade::kCorrect) return 0;
    return row.grade == Grade::kIncorrect ? 1 : kNotKnown;
  }
  if (r.feature == Feature::kCount) return kNotKnown;
  if (r.length()) {
    const float reading =
        r.feature == Feature::kOutputTokens ? row.output : row.reasoning;
    return std::isfinite(reading) ? std::round(std::exp2(reading) - 1)
                                  : kNotKnown;
  }
  if (row.unknown.Has(r.feature)) return kNotKnown;
  return row.shown.Has(r.feature) != r.missing() ? 1 : 0;
}

// The latest responses that began in [from, until).
std::vector<Judged> JudgeLatest(const std::vector<StreamHistory>& streams,
                                absl::Time from, absl::Time until,
                                const SignalPainter& painter) {
  const Reading& r = painter.reading();
  const Limits limits = painter.limits();
  std::vector<Judged> judged;
  for (const StreamHistory& stream : streams) {
    for (const RecentRow& row : stream.recent()) {
      const absl::Time start = absl::FromUnixNanos(row.start_ns);
      if (start < from || start >= until) continue;
      const double value = ValueOf(row, r);
      if (!std::isfinite(value)) continue;
      bool affected = value > .5;
      if (r.length()) {
        const int bin = LengthBin(static_cast<float>(std::log2(1 + value)));
        affected = bin < limits.below || bin > limits.above;
      }
      judged.push_back({&stream, &row, value, affected});
    }
  }
  return judged;
}

// The end of the change: an incident closes only when many healthy responses
// have come, which are no part of it.
absl::Time EndOf(const std::vector<StreamHistory>& streams,
                 const Incident& incident, absl::Time onset,
                 const SignalPainter& painter) {
  if (incident.open()) return absl::InfiniteFuture();
  absl::Time end = absl::InfinitePast();
  for (const Judged& j : JudgeLatest(streams, onset, incident.closed, painter))
    if (j.affected)
      end = std::max(end, absl::FromUnixNanos(j.row->start_ns + 1));
  if (end != absl::InfinitePast()) return end;
  for (const StreamHistory& stream : streams)
    for (const Span& span : CutSlots(stream, {onset, incident.closed}))
      if (span.time >= onset && span.time < incident.closed &&
          painter.HasAffected(span.slot))
        end = std::max(end, span.time + span.length);
  return end == absl::InfinitePast() ? incident.closed : end;
}

std::vector<PictureCarrier> CarriersOf(const std::vector<Judged>& judged) {
  static constexpr const char* kTurns[] = {"first", "2 to 5", "6 and later"};
  static constexpr const char* kFills[] = {"under 50 % or not known",
                                           "50 to 75 %", "75 % and over"};
  std::map<std::pair<int, std::string>, PictureCarrier> parts;
  const auto count = [&](int order, const char* kind, const std::string& name,
                         bool affected) {
    if (name.empty()) return;
    PictureCarrier& part = parts[{order, name}];
    part.kind = kind;
    part.name = name;
    ++part.seen;
    part.affected += affected ? 1 : 0;
  };
  for (const Judged& j : judged) {
    const RecentRow& row = *j.row;
    count(0, "replica", j.stream->NameAt(row.replica), j.affected);
    count(1, "version", j.stream->NameAt(row.version), j.affected);
    count(2, "turns", kTurns[std::min<int>(row.turn, 2)], j.affected);
    count(3, "context fill", kFills[std::min<int>(row.fill, 2)], j.affected);
    count(4, "tools", row.tool != 0 ? "after a tool's result" : "no tool",
          j.affected);
  }
  std::map<std::string, int> of_kind;
  for (const auto& [key, part] : parts) ++of_kind[part.kind];
  std::vector<PictureCarrier> out;
  for (auto& [key, part] : parts)
    // A single part is the whole traffic, which says nothing but for names.
    if ((of_kind[part.kind] > 1 || key.first <= 1) && out.size() < kMaxCarriers)
      out.push_back(std::move(part));
  return out;
}

std::vector<PictureExample> ExamplesOf(std::vector<Judged> judged,
                                       const SignalPainter& painter) {
  const bool shortest = painter.reading().length() &&
                        painter.reading().question != Question::kHigh;
  std::sort(judged.begin(), judged.end(),
            [&](const Judged& a, const Judged& b) {
              if (a.value != b.value)
                return shortest ? a.value < b.value : a.value > b.value;
              return a.row->start_ns > b.row->start_ns;
            });
  std::vector<PictureExample> out;
  const auto take = [&](bool affected) {
    size_t taken = 0;
    for (const Judged& j : judged) {
      if (j.affected != affected || j.row->id.empty()) continue;
      if (++taken > kMaxExamples) return;
      out.push_back({j.row->id, j.row->trace_id,
                     j.stream->NameAt(j.row->replica),
                     absl::FromUnixNanos(j.row->start_ns), j.value, affected});
    }
  };
  take(true);
  take(false);
  return out;
}

}  // namespace

namespace {

// Reasoning length beside a channel of lengths that is a rate, such as missing
// reasoning.
std::optional<Reading> LengthsOf(const std::vector<SignalPainter>& painters) {
  for (const SignalPainter& p : painters) {
    Reading r = p.reading();
    const bool collapse = r.signal == SignalName(Signal::kLengthCollapse);
    if (r.length() ||
        (!collapse && r.signal != SignalName(Signal::kLengthRunaway)))
      continue;
    r.question = collapse ? Question::kLow : Question::kHigh;
    r.feature = Feature::kReasoningTokens;
    r.channel = r.signal + "/reasoning_tokens";
    return r;
  }
  return std::nullopt;
}

}  // namespace

Picture MakePicture(const std::vector<StreamHistory>& streams,
                    const Incident& incident) {
  const absl::Time onset = incident.onset_time == absl::InfinitePast()
                               ? incident.opened
                               : incident.onset_time;
  std::vector<SignalPainter> painters;
  for (const IncidentSignal& s : incident.signals) {
    const Reading reading = ReadingOf(s);
    const bool known = std::any_of(
        painters.begin(), painters.end(), [&](const SignalPainter& p) {
          return p.reading().signal == reading.signal;
        });
    if (!known && painters.size() < kMaxPictured)
      painters.emplace_back(reading, onset);
  }
  if (const auto length = LengthsOf(painters); length.has_value())
    painters.emplace_back(*length, onset);
  Picture picture;
  if (painters.empty()) return picture;
  for (const StreamHistory& stream : streams) {
    stream.ForEachSlot(
        [&](absl::Time time, absl::Duration, const HistorySlot& slot) {
          for (SignalPainter& painter : painters) painter.AddPoint(time, slot);
        });
    for (const Span& span : CutSlots(stream, {onset}))
      for (SignalPainter& painter : painters) painter.AddBefore(span);
  }
  const absl::Time end = EndOf(streams, incident, onset, painters.front());
  for (const StreamHistory& stream : streams)
    for (const Span& span : CutSlots(stream, {onset, end}))
      for (SignalPainter& painter : painters) painter.AddSince(span, end);
  for (SignalPainter& painter : painters)
    picture.signals.push_back(painter.Paint());
  std::vector<Judged> judged =
      JudgeLatest(streams, onset, end, painters.front());
  picture.carriers = CarriersOf(judged);
  picture.examples = ExamplesOf(std::move(judged), painters.front());
  return picture;
}

StreamSpark MakeSpark(const StreamHistory& stream) {
  Reading reading;
  reading.question = Question::kLow;
  reading.feature = Feature::kReasoningTokens;
  StreamSpark spark;
  spark.step = StreamHistory::kCoarse;
  std::map<int64_t, Tally> points;
  Tally all;
  stream.ForEachSlot(
      [&](absl::Time time, absl::Duration, const HistorySlot& slot) {
        points[(time - absl::UnixEpoch()) / spark.step].Add(slot, reading);
        all.Add(slot, reading);
      });
  for (const auto& [number, tally] : points)
    if (tally.responses > 0)
      spark.points.push_back(
          PointOf(absl::UnixEpoch() + number * spark.step, tally, reading));
  if (all.responses >= kMinExpected)
    spark.expected = PointOf(absl::InfinitePast(), all, reading);
  return spark;
}

}  // namespace reasonwatch
