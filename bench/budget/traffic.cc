// SPDX-License-Identifier: Apache-2.0
// Requests come one after another at a rate that follows the day and the week,
// each new or a turn of a session; beside them are those that are due at a
// time: retries, turns of agents, a nightly job. Below are the answers, as the
// kind changes them.
#include "bench/budget/traffic.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/scored.h"

namespace reasonwatch::budget {
namespace {

constexpr double kPi = 3.141592653589793;
constexpr double kDay = 1440;
// The day of a change that is healthy, after the reference.
constexpr double kChange = 8;
constexpr size_t kOpenSessions = 12;  // of a route
constexpr double kHiddenHours = 6;    // for which the difficulty is like itself
constexpr double kHiddenSize = .15;   // in log2
// A Monday.
const absl::Time kStart = absl::FromUnixSeconds(1699833600);

double HourOf(double minute) { return std::fmod(minute / 60, 24); }

}  // namespace

Traffic::Traffic(Kind kind, uint64_t seed, const Size& size)
    : kind_(kind),
      routes_(size.routes),
      world_(seed),
      draw_(Mix(seed, 2)),
      end_((kReferenceDays + size.days) * kDay),
      onset_(std::floor(size.days / 2) + draw_.Uniform()) {}

double Traffic::Rate() const {
  double rate = routes_;
  if (Plain()) return rate;
  rate *= 1 - .6 * std::cos(2 * kPi * (HourOf(minute_) - 3) / 24);
  const int weekday = static_cast<int>(minute_ / kDay) % 7;
  if (weekday >= 5) rate *= .5;
  const double day = Day() - kReferenceDays;
  if (kind_ == Kind::kHoliday && day >= kChange && day < kChange + 4)
    rate *= .25;
  // A mean of one a minute and route.
  return rate * 7 / 6;
}

double Traffic::Tilt(int route) const {
  if (Plain()) return 0;
  const double day = Day() - kReferenceDays;
  if (kind_ == Kind::kHoliday && day >= kChange && day < kChange + 4) return -1;
  return .6 * std::cos(2 * kPi * (HourOf(minute_) - 2 * route) / 24);
}

int Traffic::Replicas() const {
  if (kind_ == Kind::kOneReplica) return 10;
  const double day = Day() - kReferenceDays;
  if (kind_ != Kind::kScaling || day < kChange || day >= kChange + 2) return 2;
  return 20;
}

void Traffic::MoveHidden() {
  if (Plain()) return;
  // An Ornstein-Uhlenbeck process a route.
  const double keep = std::exp(-(minute_ - hidden_minute_) / 60 / kHiddenHours);
  for (double& h : hidden_)
    h = keep * h + kHiddenSize * std::sqrt(1 - keep * keep) * draw_.Normal();
  hidden_minute_ = minute_;
}

void Traffic::StartDays(int day) {
  const double since = day - kReferenceDays;
  if (kind_ == Kind::kAgents && since >= kChange)
    for (int i = 0; i < 3; ++i) {
      const int route = draw_.Below(routes_);
      Due due{.minute = day * kDay + (8 + 8 * draw_.Uniform()) * 60,
              .route = route,
              .prompt = {},
              .session = next_session_++,
              .left = 300 + draw_.Below(300),
              .agent = true,
              .length = -1 + .8 * draw_.Normal()};
      due.prompt =
          world_.AskRoute(route, world_.TopicOf(route, 0, draw_), 1, draw_);
      due_.push(std::move(due));
    }
  if (kind_ != Kind::kNightBatch || since < kChange) return;
  for (int i = 0; i < 600; ++i) {
    const int route = i % std::min(2, routes_);
    due_.push({.minute = day * kDay + 60 + i / 5.,
               .route = route,
               .prompt = world_.AskRoute(route, kBatchTopic, 1, draw_)});
  }
}

void Traffic::ContinueSession(int route, Due& due) {
  auto& sessions = sessions_[static_cast<size_t>(route)];
  if (Plain()) {
    due.prompt =
        world_.AskRoute(route, world_.TopicOf(route, 0, draw_), 1, draw_);
    return;
  }
  const double day = Day() - kReferenceDays;
  const double growth =
      kind_ == Kind::kGrowth && day > 0 ? std::pow(1.02, day) : 1;
  Session session;
  if (!sessions.empty() && draw_.Chance(.5)) {
    const auto i =
        static_cast<size_t>(draw_.Below(static_cast<int>(sessions.size())));
    session = sessions[i];
    sessions[i] = sessions.back();
    sessions.pop_back();
  } else {
    session = {.id = next_session_++,
               .topic = world_.TopicOf(route, Tilt(route), draw_),
               .length = .25 * draw_.Normal()};
    if (kind_ == Kind::kNewApp && day >= kChange &&
        (route == 3 || route == 4) && draw_.Chance(.3))
      session.topic = kTopics + draw_.Below(kNewTopics);
  }
  due.session = session.id;
  due.turn = ++session.turns;
  due.length = session.length;
  due.prompt = world_.AskRoute(route, session.topic, growth, draw_);
  if (session.turns < 12 && sessions.size() < kOpenSessions && draw_.Chance(.7))
    sessions.push_back(session);
}

Traffic::Due Traffic::Ask() {
  Due due;
  due.minute = minute_;
  due.route = draw_.Below(routes_);
  ContinueSession(due.route, due);
  const double day = Day() - kReferenceDays;
  if (kind_ == Kind::kHotPrompt && day >= kChange && day < kChange + .5 &&
      draw_.Chance(.3)) {
    due.prompt = world_.HotPrompt();
    due.session = next_session_++;
    due.turn = 1;
    due.length = 0;
  }
  if (kind_ == Kind::kRetries && day >= kChange) due.left = 5;
  return due;
}

bool Traffic::Next(Scored& scored, double& day) {
  const int today = static_cast<int>(minute_ / kDay);
  if (today != day_) {
    day_ = today;
    StartDays(today);
  }
  const double next = minute_ + draw_.Exponential(1 / Rate());
  Due due;
  if (!due_.empty() && due_.top().minute <= next) {
    due = due_.top();
    due_.pop();
    minute_ = std::max(minute_, due.minute);
  } else {
    minute_ = next;
    MoveHidden();
    due = Ask();
  }
  if (minute_ >= end_) return false;
  day = Day() - kReferenceDays;
  Respond(due, scored);
  AskAgain(due, scored);
  return true;
}

double Traffic::LossOf(const Scored& scored) const {
  const double since = Day() - kReferenceDays - onset_;
  if (since < 0) return 1;
  switch (kind_) {
    case Kind::kCollapse:
      return .1;
    case Kind::kLoss:
      return .7;
    case Kind::kOneReplica:
      return scored.replica == "replica3" ? .2 : 1;
    case Kind::kRamp:
      return 1 - .6 * std::min(1., since / 3);
    case Kind::kOneHourInSix:
      return std::fmod(since * 24, 6) < 1 ? .3 : 1;
    case Kind::kLongContext:
      return scored.stratum.fill > 0 ? .15 : 1;
    default:
      return 1;
  }
}

Mood Traffic::MoodOf(const Due& due, const Scored& scored) {
  Mood mood;
  mood.length = hidden_[static_cast<size_t>(due.route)] + due.length;
  mood.terse = due.agent && scored.stratum.tool != 0;
  mood.ratio = LossOf(scored);
  const double day = Day() - kReferenceDays;
  if (day < kChange) return mood;
  if (kind_ == Kind::kOtherCounts) mood.counted = 1.12;
  if (kind_ == Kind::kTemperature && draw_.Chance(.5)) mood.spread = 1.25;
  return mood;
}

void Traffic::Respond(const Due& due, Scored& scored) {
  scored = Scored();
  scored.id = absl::StrCat(++count_);
  scored.model = "model";
  scored.start = kStart + absl::Seconds(std::floor(minute_ * 60 * 16) / 16);
  scored.end = scored.start;
  const bool renamed = kind_ == Kind::kRenamed && due.route < 3 &&
                       Day() - kReferenceDays >= kChange;
  scored.route = absl::StrCat("route", due.route, renamed ? "_new" : "");
  scored.replica = absl::StrCat("replica", draw_.Below(Replicas()));
  scored.session = due.session == 0 ? 0 : Mix(due.session, 3) | 1;
  scored.stratum.turn = static_cast<uint8_t>(due.turn > 5   ? 2
                                             : due.turn > 1 ? 1
                                                            : 0);
  // Tools answer in some sessions; a context fills with its turns.
  const bool agentic = due.agent || draw_.Chance(.05);
  scored.stratum.tool = agentic && draw_.Chance(due.agent ? .7 : .5);
  const double fill =
      draw_.Uniform() * .4 + .03 * due.turn + (draw_.Chance(.08) ? .4 : 0);
  scored.stratum.fill = static_cast<uint8_t>(fill > .75  ? 2
                                             : fill > .5 ? 1
                                                         : 0);
  world_.Answer(due.prompt, MoodOf(due, scored), draw_, scored);
}

void Traffic::AskAgain(const Due& due, const Scored& scored) {
  if (due.left == 0) return;
  const bool failed = scored.reading(Feature::kStopEmpty) > 0 ||
                      scored.reading(Feature::kReasoningWithoutAnswer) > 0 ||
                      scored.lower_bound;
  if (!due.agent && !failed) return;
  Due again = due;
  --again.left;
  again.minute = minute_ + (due.agent ? draw_.Exponential(.25) : .2);
  if (due.agent) {
    ++again.turn;
    again.prompt = world_.AskRoute(due.route, due.prompt.topic, 1, draw_);
  }
  due_.push(std::move(again));
}

}  // namespace reasonwatch::budget
