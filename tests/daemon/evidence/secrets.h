// SPDX-License-Identifier: Apache-2.0
// Made-up secrets in every form that the redactor knows: a canary, which must
// be on no disk, inside the words that people put around it.
#ifndef REASONWATCH_TESTS_DAEMON_EVIDENCE_SECRETS_H_
#define REASONWATCH_TESTS_DAEMON_EVIDENCE_SECRETS_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace reasonwatch {

struct Secret {
  std::string form;    // where it is from, for messages
  std::string text;    // as it is written in a sentence
  std::string canary;  // the part that nobody may read
};

class SecretMaker {
 public:
  explicit SecretMaker(uint32_t seed) : random_(seed) {}

  // One of each form.
  std::vector<Secret> All() {
    std::vector<Secret> all;
    Mails(all);
    Numbers(all);
    Keys(all);
    Tokens(all);
    return all;
  }

  std::string Digits(size_t n) {
    std::string out;
    for (size_t i = 0; i < n; ++i)
      out.push_back(
          static_cast<char>('0' + (i == 0 ? 1 + Below(9) : Below(10))));
    return out;
  }
  std::string Word(size_t n, const char* letters =
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
                                 "TUVWXYZ0123456789") {
    const std::string all = letters;
    std::string out;
    for (size_t i = 0; i < n; ++i) out.push_back(all[Below(all.size())]);
    return out;
  }
  size_t Below(size_t n) { return random_() % n; }

 private:
  // Groups of the digits with a separator between them.
  static std::string Grouped(const std::string& digits, size_t group,
                             const std::string& separator) {
    std::string out;
    for (size_t i = 0; i < digits.size(); ++i) {
      if (i > 0 && i % group == 0) out += separator;
      out.push_back(digits[i]);
    }
    return out;
  }

  void Mails(std::vector<Secret>& all) {
    const auto local = [this] { return Word(8, "abcdefghijklmnopqrstuvwxyz"); };
    for (const char* at : {"@", "%40", "&#64;", "\\u0040", " at ", " [at] ",
                           "(at)", "\xEF\xBC\xA0"})
      for (const char* host : {"example.com", "mail.example.co.uk",
                               "b\xC3\xBC"
                               "cher.example",
                               "EXAMPLE.ORG"}) {
        const std::string name = local();
        all.push_back(
            {absl::StrCat("mail ", at), absl::StrCat(name, at, host), name});
      }
    for (const char* dress : {"<%>", "mailto:%", "\"%\"", "(%)", "%,", "%."}) {
      const std::string name =
          absl::StrCat(local(), ".", local(), "+", local());
      std::string text = dress;
      text.replace(text.find('%'), 1, name + "@example.net");
      all.push_back({absl::StrCat("mail in ", dress), text, name});
    }
    const std::string spelt = local();
    all.push_back({"mail spelt out", spelt + " at example dot com", spelt});
  }

  void Numbers(std::vector<Secret>& all) {
    for (const size_t length : {13u, 14u, 15u, 16u, 19u})
      for (const char* separator :
           {"", " ", "-", ".", "\xC2\xA0", "\xE2\x80\x93", "\xE2\x80\x8B"}) {
        const std::string digits = Digits(length);
        all.push_back(
            {absl::StrCat("card of ", length, " by '", separator, "'"),
             Grouped(digits, 4, separator), digits.substr(0, 12)});
      }
    std::string wide;
    const std::string digits = Digits(16);
    for (const char c : digits) {
      wide += "\xEF\xBC";
      wide.push_back(static_cast<char>(0x90 + (c - '0')));
    }
    all.push_back({"card in wide digits", wide, digits});
    all.push_back({"the same as they stand", wide, wide});
    for (const char* form :
         {"DE%2%4%4%4%4%2", "GB%2 WEST %4 %4 %4", "FR%2-%4-%4-%4-%4-%4"})
      all.push_back(Filled("account", form));
    for (const char* form :
         {"+49 171 %4 %3", "+1 (212) %3-%4", "+44%8%2", "0049 30 %4%4",
          "(0%3) %3-%4", "(555) %3-%4", "212-%3-%4", "212.%3.%4", "212 %3 %4",
          "0171 %4 %3", "0171/%3%4", "0171-%3 %4", "+91-%5-%5", "+81 3 %4 %4",
          "001 212 %3 %4", "(030) %4 %4", "+33 6 12 %2 %2 %2"})
      all.push_back(Filled("phone", form));
  }

  // %N becomes N digits; the canary is all digits of them together.
  Secret Filled(const char* kind, const std::string& form) {
    Secret secret{absl::StrCat(kind, " ", form), "", ""};
    for (size_t i = 0; i < form.size(); ++i) {
      if (form[i] != '%') {
        secret.text.push_back(form[i]);
        continue;
      }
      const std::string digits = Digits(static_cast<size_t>(form[++i] - '0'));
      secret.text += digits;
      secret.canary += digits;
    }
    return secret;
  }

  void Key(std::vector<Secret>& all, const std::string& prefix, size_t length,
           const char* letters =
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
               "UVWXYZ0123456789") {
    const std::string word = Word(length, letters);
    for (const char* dress : {"%", "'%'", "key %,", "(%)"}) {
      std::string text = dress;
      text.replace(text.find('%'), 1, prefix + word);
      all.push_back({absl::StrCat("key ", prefix, " in ", dress), text, word});
    }
  }

  void Keys(std::vector<Secret>& all) {
    for (const char* prefix :
         {"sk-", "sk-proj-", "sk-ant-api03-", "sk_live_", "pk_test_",
          "rk_live_", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-",
          "xoxp-", "hf_", "npm_", "pypi-", "dop_v1_", "shpat_", "whsec_"})
      Key(all, prefix, 24);
    Key(all, "AKIA", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    Key(all, "AIza", 35);
    Key(all, "ya29.", 30);
    Key(all, "", 32, "0123456789abcdef");
    Key(all, "", 64, "0123456789ABCDEF");
    Key(all, "", 44);
    const std::string body = Word(64);
    for (const char* kind : {"RSA ", "EC ", "OPENSSH ", ""}) {
      all.push_back(
          {absl::StrCat("block of ", kind),
           absl::StrCat("-----BEGIN ", kind, "PRIVATE KEY-----\n", body, "\n",
                        Word(30), "=\n-----END ", kind, "PRIVATE KEY-----"),
           body});
      all.push_back(
          {absl::StrCat("block without end of ", kind),
           absl::StrCat("-----BEGIN ", kind, "PRIVATE KEY-----\n", body),
           body});
    }
  }

  void Tokens(std::vector<Secret>& all) {
    for (const char* form : {"Authorization: Bearer %",
                             "authorization: bearer %",
                             "Bearer%20%",
                             "Authorization: Basic %",
                             "api_key=%",
                             "api-key: %",
                             "apikey = %",
                             "\"api_key\": \"%\"",
                             "'apiKey': '%'",
                             "\\\"api_key\\\": \\\"%\\\"",
                             "password=%",
                             "password: %",
                             "Password is %",
                             "passwd=%",
                             "pwd=%",
                             "secret=%",
                             "client_secret=%&",
                             "access_token=%",
                             "refresh_token: %",
                             "token%3D%",
                             "AWS_SECRET_ACCESS_KEY=%",
                             "DB_PASSWORD='%'",
                             "session_id=%;",
                             "Set-Cookie: %",
                             "cookie: %",
                             "https://user:%@host.example/path",
                             "postgres://app:%@db/x",
                             "passphrase \"%\"",
                             "auth=%",
                             "x-api-key: %"}) {
      std::string text = form;
      const std::string word = Word(14);
      // The last one: "%20" and "%3D" are the form's own.
      text.replace(text.rfind('%'), 1, word);
      // A passphrase without a sign between is not told from any other word.
      if (std::string(form).find("passphrase") == 0)
        text = "passphrase: \"" + word + "\"";
      all.push_back({absl::StrCat("token ", form), text, word});
    }
    const std::string payload = Word(40);
    all.push_back(
        {"web token",
         absl::StrCat("eyJhbGciOiJIUzI1NiJ9.eyJ", payload, ".", Word(30)),
         payload});
  }

  std::mt19937 random_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_DAEMON_EVIDENCE_SECRETS_H_
