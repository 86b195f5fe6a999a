// SPDX-License-Identifier: Apache-2.0
// Findings made by hand go into a book: grouping, closing and reopening first,
// then severity, verdicts and canaries, and the causes.
#include "incidents/incident_book.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "incidents/causes.h"
#include "incidents/severity.h"

namespace reasonwatch {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1700000000);

Finding Found(Signal signal, absl::Duration after,
              FindingEvent event = FindingEvent::kOpened) {
  Finding f;
  f.event = event;
  f.signal = signal;
  f.model = "model";
  f.route = "route";
  f.time = kStart + after;
  f.response_id = absl::StrFormat("r%d", absl::ToInt64Seconds(after));
  f.onset_id = "onset";
  f.onset_time = f.time - absl::Minutes(1);
  f.effect = {.value = .5, .low = .4, .high = .6, .unit = "ratio"};
  f.passed_critical = true;
  return f;
}

std::vector<IncidentEvent> Observe(IncidentBook& book, const Finding& f,
                                   int64_t responses) {
  return book.Observe({f}, responses);
}

TEST(IncidentBook, SignalsThatComeTogetherAreOneIncident) {
  IncidentBook book({});
  const auto a =
      Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  // Long after in time, but within 200 responses.
  const auto b =
      Observe(book, Found(Signal::kFormatMarkers, absl::Hours(5)), 1150);
  // Many responses later, but within 10 minutes.
  const auto c = Observe(
      book, Found(Signal::kConsistencyRegression, absl::Minutes(305)), 9000);
  ASSERT_EQ(a.size(), 1u);
  EXPECT_EQ(a[0].kind, IncidentEvent::Kind::kOpened);
  EXPECT_EQ(b[0].kind, IncidentEvent::Kind::kOpened);
  EXPECT_EQ(b[0].incident.id, a[0].incident.id);
  EXPECT_EQ(c[0].incident.id, a[0].incident.id);
  EXPECT_EQ(c[0].incident.signals.size(), 3u);
  EXPECT_EQ(book.Open().size(), 1u);
  EXPECT_EQ(a[0].incident.id.substr(0, 4), "inc-");
  EXPECT_EQ(a[0].incident.id.size(), 16u);
}

TEST(IncidentBook, WhatComesLaterIsAnotherIncident) {
  IncidentBook book({});
  const auto a =
      Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  const auto b =
      Observe(book, Found(Signal::kFormatMarkers, absl::Minutes(11)), 1201);
  EXPECT_NE(b[0].incident.id, a[0].incident.id);
  EXPECT_EQ(book.Open().size(), 2u);
}

TEST(IncidentBook, TheSameSignalAtAnotherLevelIsAnUpdate) {
  IncidentBook book({});
  Finding replica = Found(Signal::kLengthCollapse, absl::ZeroDuration());
  replica.scope = Scope::kReplica;
  replica.replica = "replica3";
  const auto a = Observe(book, replica, 1000);
  EXPECT_EQ(a[0].incident.scope, Scope::kReplica);
  EXPECT_EQ(a[0].incident.replica, "replica3");
  const auto b =
      Observe(book, Found(Signal::kLengthCollapse, absl::Minutes(1)), 1010);
  EXPECT_EQ(b[0].kind, IncidentEvent::Kind::kUpdated);
  EXPECT_EQ(b[0].incident.scope, Scope::kRoute);
  Finding wide = Found(Signal::kLengthCollapse, absl::Minutes(2));
  wide.scope = Scope::kModel;
  wide.route.clear();
  EXPECT_EQ(Observe(book, wide, 1020)[0].incident.scope, Scope::kModel);
}

TEST(IncidentBook, ClosesWithItsLastSignalAndReopensWithinADay) {
  IncidentBook book({});
  const auto opened =
      Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  Observe(book, Found(Signal::kFormatMarkers, absl::Minutes(1)), 1010);
  auto closed = Observe(
      book,
      Found(Signal::kLengthCollapse, absl::Hours(1), FindingEvent::kClosed),
      2000);
  EXPECT_EQ(closed[0].kind, IncidentEvent::Kind::kClosed);
  EXPECT_TRUE(closed[0].incident.open());
  closed = Observe(
      book,
      Found(Signal::kFormatMarkers, absl::Hours(2), FindingEvent::kClosed),
      2100);
  EXPECT_FALSE(closed[0].incident.open());
  EXPECT_EQ(closed[0].incident.close_reason, "recovered");
  EXPECT_TRUE(book.Open().empty());
  const auto again =
      Observe(book, Found(Signal::kLengthCollapse, absl::Hours(20)), 9000);
  EXPECT_EQ(again[0].incident.id, opened[0].incident.id);
  EXPECT_TRUE(again[0].incident.open());
  EXPECT_TRUE(again[0].incident.close_reason.empty());
}

TEST(IncidentBook, AfterADayItIsANewOne) {
  IncidentBook book({});
  const auto opened =
      Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  Observe(book,
          Found(Signal::kLengthCollapse, absl::Hours(1), FindingEvent::kClosed),
          2000);
  const auto again =
      Observe(book, Found(Signal::kLengthCollapse, absl::Hours(26)), 9000);
  EXPECT_NE(again[0].incident.id, opened[0].incident.id);
}

TEST(IncidentBook, SilenceClosesAsNoData) {
  IncidentBook book({});
  Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  Finding f =
      Found(Signal::kLengthCollapse, absl::Hours(200), FindingEvent::kClosed);
  f.response_id.clear();
  EXPECT_EQ(Observe(book, f, 1000)[0].incident.close_reason, "no_data");
}

TEST(IncidentBook, ACloseOfWhatIsNotOpenIsNothing) {
  IncidentBook book({});
  EXPECT_TRUE(Observe(book,
                      Found(Signal::kLengthCollapse, absl::ZeroDuration(),
                            FindingEvent::kClosed),
                      1)
                  .empty());
}

TEST(IncidentBook, TheEarliestOnsetStays) {
  IncidentBook book({});
  Observe(book, Found(Signal::kLengthCollapse, absl::Minutes(5)), 1000);
  Finding early = Found(Signal::kFormatMarkers, absl::Minutes(6));
  early.onset_time = kStart - absl::Hours(1);
  early.onset_id = "early";
  EXPECT_EQ(Observe(book, early, 1010)[0].incident.onset_id, "early");
  Finding late = Found(Signal::kLengthRunaway, absl::Minutes(7));
  late.onset_id = "late";
  EXPECT_EQ(Observe(book, late, 1020)[0].incident.onset_id, "early");
}

TEST(IncidentBook, WhatTheOperatorWantsClosesAsAcceptedAndStaysClosed) {
  IncidentBook book({});
  Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  Observe(book, Found(Signal::kFormatMarkers, absl::Seconds(5)), 1002);
  const auto closed = book.Accept(kStart + absl::Minutes(3), "build 7");
  ASSERT_EQ(closed.size(), 2u);
  for (const IncidentEvent& event : closed) {
    EXPECT_EQ(event.kind, IncidentEvent::Kind::kClosed);
    EXPECT_EQ(event.incident.close_reason, "accepted");
    EXPECT_EQ(event.incident.closed, kStart + absl::Minutes(3));
    ASSERT_FALSE(event.incident.causes.empty());
    EXPECT_EQ(event.incident.causes[0].cause, "version_change");
    EXPECT_NE(event.incident.causes[0].evidence.find("build 7"),
              std::string::npos);
    double sum = 0;
    for (const Cause& cause : event.incident.causes) sum += cause.weight;
    EXPECT_NEAR(sum, 1, 1e-9);
  }
  EXPECT_TRUE(book.Open().empty());
  EXPECT_TRUE(book.Accept(kStart + absl::Minutes(4), "again").empty());
  const auto later =
      Observe(book, Found(Signal::kLengthCollapse, absl::Hours(1)), 1300);
  ASSERT_EQ(later.size(), 1u);
  EXPECT_NE(later[0].incident.id, closed[0].incident.id);
}

TEST(IncidentBook, OpenAtEndTellsEachOpenSignal) {
  IncidentBook book({});
  Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  Observe(book, Found(Signal::kFormatMarkers, absl::Minutes(1)), 1010);
  Observe(
      book,
      Found(Signal::kFormatMarkers, absl::Minutes(3), FindingEvent::kClosed),
      1100);
  const auto events = book.OpenAtEnd();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, IncidentEvent::Kind::kOpenAtEnd);
  EXPECT_EQ(events[0].signal, Signal::kLengthCollapse);
}

TEST(IncidentBook, RestoredItJoinsAndReopensAsBefore) {
  IncidentBook book({});
  const auto opened =
      Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  IncidentBook restored({});
  restored.Restore(book.Open(), book.Save());
  const auto joined =
      Observe(restored, Found(Signal::kFormatMarkers, absl::Hours(3)), 1100);
  EXPECT_EQ(joined[0].incident.id, opened[0].incident.id);
}

TEST(IncidentBook, KeepsABoundedNumber) {
  IncidentBook book({});
  for (int i = 0; i < 400; ++i) {
    Finding f = Found(Signal::kLengthCollapse, absl::Hours(i));
    f.route = absl::StrFormat("route%d", i);
    Observe(book, f, int64_t{1000} * (i + 1));
  }
  EXPECT_EQ(book.Open().size(), 256u);
}

TEST(GradeFinding, OnlyALargeCertainConfirmedChangeIsCritical) {
  const Finding good = Found(Signal::kLengthCollapse, absl::ZeroDuration());
  EXPECT_EQ(GradeFinding(good, Confirmation::kConfirmed), Severity::kCritical);
  EXPECT_EQ(GradeFinding(good, Confirmation::kUnavailable),
            Severity::kCritical);
  EXPECT_EQ(GradeFinding(good, Confirmation::kPending), Severity::kWarning);
  EXPECT_EQ(GradeFinding(good, Confirmation::kNotReproduced),
            Severity::kWarning);
  Finding f = good;
  f.passed_critical = false;
  EXPECT_EQ(GradeFinding(f, Confirmation::kConfirmed), Severity::kWarning);
  f = good;
  f.provisional = true;
  EXPECT_EQ(GradeFinding(f, Confirmation::kConfirmed), Severity::kWarning);
  f = good;
  f.low_coverage = true;
  EXPECT_EQ(GradeFinding(f, Confirmation::kConfirmed), Severity::kWarning);
}

TEST(GradeFinding, FloorsAreOfTheContract) {
  struct Case {
    const char* unit;
    double value;
    Severity severity;
  };
  const Case cases[] = {{"ratio", .7, Severity::kCritical},
                        {"ratio", .71, Severity::kWarning},
                        {"ratio", 1.49, Severity::kWarning},
                        {"ratio", 1.5, Severity::kCritical},
                        {"points", .05, Severity::kCritical},
                        {"points", -.05, Severity::kCritical},
                        {"points", .049, Severity::kWarning}};
  for (const Case& c : cases) {
    Finding f = Found(Signal::kFormatMarkers, absl::ZeroDuration());
    f.effect.unit = c.unit;
    f.effect.value = c.value;
    EXPECT_EQ(GradeFinding(f, Confirmation::kConfirmed), c.severity)
        << c.unit << " " << c.value;
  }
}

TEST(IncidentBook, WithoutAnybodyToAskNoVerdictIsAwaited) {
  IncidentBook alone({.can_confirm = false});
  EXPECT_EQ(
      Observe(alone, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1)[0]
          .incident.confirmation,
      Confirmation::kUnavailable);
  IncidentBook asked({.can_confirm = true});
  const auto events =
      Observe(asked, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1);
  EXPECT_EQ(events[0].incident.confirmation, Confirmation::kPending);
  EXPECT_EQ(events[0].incident.severity, Severity::kWarning);
}

Incident Of(std::vector<Finding> findings, Scope scope = Scope::kRoute) {
  Incident incident;
  incident.scope = scope;
  incident.replica = "replica3";
  for (Finding& f : findings)
    incident.signals.push_back({f.signal, std::move(f), true});
  return incident;
}

std::string Likeliest(const Incident& incident) {
  const std::vector<Cause> causes = RankCauses(incident);
  double sum = 0;
  for (const Cause& c : causes) sum += c.weight;
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_TRUE(std::is_sorted(
      causes.begin(), causes.end(),
      [](const Cause& a, const Cause& b) { return a.weight > b.weight; }));
  return causes.front().cause;
}

Verdict NotReproduced(const std::string& incident, absl::Duration after) {
  Verdict v;
  v.kind = VerdictKind::kNotReproduced;
  v.incident = incident;
  v.model = "model";
  v.time = kStart + after;
  return v;
}

TEST(IncidentBook, WhatWasClearedIsAskedAgainWhereItIsRenewed) {
  IncidentBook book({.can_confirm = true});
  const auto opened =
      Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  const std::string id = opened[0].incident.id;
  const Verdict cleared = NotReproduced(id, absl::Minutes(1));
  EXPECT_EQ(book.ApplyVerdict(cleared)->incident.confirmation,
            Confirmation::kNotReproduced);
  // More of the same, however large, was cleared too.
  Finding f =
      Found(Signal::kLengthCollapse, absl::Minutes(2), FindingEvent::kUpdated);
  f.statistic = 1e200;
  auto events = Observe(book, f, 1010);
  EXPECT_EQ(events[0].incident.confirmation, Confirmation::kNotReproduced);
  EXPECT_EQ(events[0].incident.severity, Severity::kWarning);
  f.renewed = true;
  events = Observe(book, f, 1020);
  EXPECT_EQ(events[0].kind, IncidentEvent::Kind::kUpdated);
  EXPECT_EQ(events[0].incident.confirmation, Confirmation::kPending);
  EXPECT_EQ(events[0].incident.severity, Severity::kWarning);
  // The same verdict, once more with ratings of a judge, does not answer this.
  EXPECT_FALSE(book.ApplyVerdict(cleared).has_value());
  EXPECT_EQ(book.Open()[0].confirmation, Confirmation::kPending);
  Verdict late = NotReproduced(id, absl::Minutes(20));
  late.kind = VerdictKind::kUnavailable;
  EXPECT_EQ(book.ApplyVerdict(late)->incident.severity, Severity::kCritical);
}

TEST(IncidentBook, NothingFoundAloneLowersNothing) {
  IncidentBook book({.can_confirm = true});
  const auto opened =
      Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  Verdict alone = NotReproduced(opened[0].incident.id, absl::Minutes(1));
  alone.kind = VerdictKind::kNotReproducedAlone;
  EXPECT_EQ(book.ApplyVerdict(alone)->incident.confirmation,
            Confirmation::kUnavailable);
  EXPECT_EQ(book.Open()[0].severity, Severity::kCritical);
  // It takes nothing back that another verdict has said.
  Verdict confirmed = alone;
  confirmed.kind = VerdictKind::kConfirmed;
  book.ApplyVerdict(confirmed);
  EXPECT_FALSE(book.ApplyVerdict(alone).has_value());
  EXPECT_EQ(book.Open()[0].confirmation, Confirmation::kConfirmed);
}

TEST(IncidentBook, WhatIsNotReproducedEndsAfterADay) {
  IncidentBook book({.can_confirm = true});
  const auto opened =
      Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  const Verdict cleared =
      NotReproduced(opened[0].incident.id, absl::Minutes(1));
  EXPECT_TRUE(book.EndUnreproduced(cleared.time + absl::Hours(48)).empty());
  book.ApplyVerdict(cleared);
  EXPECT_TRUE(book.EndUnreproduced(cleared.time + absl::Hours(23)).empty());
  const auto ended = book.EndUnreproduced(cleared.time + absl::Hours(25));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].kind, IncidentEvent::Kind::kClosed);
  EXPECT_EQ(ended[0].incident.close_reason, "not_reproduced");
  EXPECT_TRUE(book.Open().empty());
  EXPECT_TRUE(book.EndUnreproduced(cleared.time + absl::Hours(26)).empty());
  // More of the same opens nothing, a hundredfold does.
  Finding f =
      Found(Signal::kLengthCollapse, absl::Hours(26), FindingEvent::kUpdated);
  EXPECT_TRUE(Observe(book, f, 9000).empty());
  f.renewed = true;
  const auto again = Observe(book, f, 9010);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].incident.confirmation, Confirmation::kPending);
  EXPECT_EQ(again[0].incident.id, opened[0].incident.id);
}

TEST(IncidentBook, ASignalThatWasNotAskedAboutIsAskedAbout) {
  IncidentBook book({.can_confirm = true});
  const auto opened =
      Observe(book, Found(Signal::kLengthCollapse, absl::ZeroDuration()), 1000);
  const std::string id = opened[0].incident.id;
  book.ApplyVerdict(NotReproduced(id, absl::Minutes(1)));
  // The same at another level is no news.
  Finding wide = Found(Signal::kLengthCollapse, absl::Minutes(2));
  wide.scope = Scope::kModel;
  EXPECT_EQ(Observe(book, wide, 1010)[0].incident.confirmation,
            Confirmation::kNotReproduced);
  const auto other = Observe(
      book, Found(Signal::kConsistencyRegression, absl::Minutes(3)), 1020);
  EXPECT_EQ(other[0].incident.id, id);
  EXPECT_EQ(other[0].incident.confirmation, Confirmation::kPending);
}

TEST(RankCauses, FollowTheEvidence) {
  const Finding shorter = Found(Signal::kLengthCollapse, absl::ZeroDuration());
  Finding f = shorter;
  f.hints = {{"version_change", 5, "weights a became b"}};
  EXPECT_EQ(Likeliest(Of({f})), "version_change");
  f = shorter;
  f.channels = {{"length_collapse/zero_thinking", .8}};
  EXPECT_EQ(Likeliest(Of({f})), "effort_or_thinking_switch");
  f.hints = {{"gateway", 6, "responses whose reasoning did not arrive"}};
  EXPECT_EQ(Likeliest(Of({f})), "gateway");
  f = shorter;
  f.strata = {"context fill 75 % and over"};
  EXPECT_EQ(Likeliest(Of({f})), "context_saturation");
  f = shorter;
  f.strata = {"turn 1"};
  EXPECT_NE(Likeliest(Of({f})), "context_saturation");
  EXPECT_EQ(Likeliest(Of({shorter}, Scope::kReplica)), "replica_fault");
  f = Found(Signal::kFormatMarkers, absl::ZeroDuration());
  f.channels = {{"format_markers/leaked", .9}};
  EXPECT_EQ(Likeliest(Of({f})), "server_parser_split");
  EXPECT_EQ(Likeliest(Of(
                {Found(Signal::kConsistencyRegression, absl::ZeroDuration())})),
            "quantization_or_weights");
}

TEST(RankCauses, PaddingThatFailsIsRewardHacking) {
  const Finding longer = Found(Signal::kLengthRunaway, absl::ZeroDuration());
  const Finding failing =
      Found(Signal::kConsistencyRegression, absl::ZeroDuration());
  const Finding loops = Found(Signal::kRepetitionLoop, absl::ZeroDuration());
  const Finding markers = Found(Signal::kFormatMarkers, absl::ZeroDuration());
  EXPECT_EQ(Likeliest(Of({longer, failing})), "reward_hacking");
  EXPECT_EQ(Likeliest(Of({longer, failing, loops})), "reward_hacking");
  // Its form is perfect, and longer answers that hold are no loss.
  EXPECT_NE(Likeliest(Of({longer, failing, markers})), "reward_hacking");
  EXPECT_NE(Likeliest(Of({longer})), "reward_hacking");
}

TEST(RankCauses, TheSamePartOfTheTrafficCountsOnce) {
  Finding route = Found(Signal::kLengthCollapse, absl::ZeroDuration());
  route.hints = {{"replica_fault", 6, "replica r2 carries 92 % of it"}};
  Finding model = route;
  model.scope = Scope::kModel;
  model.hints = {{"replica_fault", 6, "replica r2 carries 88 % of it"}};
  for (const Cause& c : RankCauses(Of({route, model})))
    if (c.cause == "replica_fault") {
      EXPECT_EQ(c.evidence, "replica r2 carries 92 % of it");
    }
}

TEST(Severity, BrokenOutputWaitsForNoSecondOpinion) {
  Finding f = Found(Signal::kRepetitionLoop, absl::ZeroDuration());
  f.channel = "repetition_loop/exact_period";
  f.effect = {.value = .3, .low = .2, .high = .4, .unit = "points"};
  EXPECT_EQ(GradeFinding(f, Confirmation::kPending), Severity::kCritical);
  EXPECT_EQ(GradeFinding(f, Confirmation::kNotReproduced), Severity::kCritical);
  f.effect.value = .15;
  EXPECT_EQ(GradeFinding(f, Confirmation::kPending), Severity::kWarning);
  f = Found(Signal::kEmptyOrTruncated, absl::ZeroDuration());
  f.effect = {.value = .5, .low = .2, .high = .7, .unit = "points"};
  f.channel = "empty_or_truncated/stop_empty";
  EXPECT_EQ(GradeFinding(f, Confirmation::kPending), Severity::kCritical);
  // A client that hangs up is no broken model.
  f.channel = "empty_or_truncated/cut_in_transport";
  EXPECT_EQ(GradeFinding(f, Confirmation::kPending), Severity::kWarning);
  f.channel = "empty_or_truncated/stop_empty";
  f.provisional = true;
  EXPECT_EQ(GradeFinding(f, Confirmation::kPending), Severity::kWarning);
}

TEST(RankCauses, NothingKnownIsUnknown) {
  EXPECT_EQ(Likeliest(Of({})), "unknown");
}

TEST(RankCauses, AHintThatTwoSignalsCarryCountsOnce) {
  Finding a = Found(Signal::kLengthCollapse, absl::ZeroDuration());
  a.hints = {{"version_change", 5, "weights a became b"}};
  Finding b = a;
  b.signal = Signal::kLengthRunaway;
  double one = 0;
  double two = 0;
  for (const Cause& c : RankCauses(Of({a})))
    if (c.cause == "unknown") one = c.weight;
  for (const Cause& c : RankCauses(Of({a, b})))
    if (c.cause == "unknown") two = c.weight;
  EXPECT_DOUBLE_EQ(one, two);
}

}  // namespace
}  // namespace reasonwatch
