// SPDX-License-Identifier: Apache-2.0
#include "features/refusal.h"

#include <cstddef>
#include <string>
#include <vector>

#include "answers/answer_text.h"
#include "answers/languages.h"
#include "util/ascii.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

// Bytes. A longer answer answers something after all; two sentences are read.
constexpr size_t kMaxRefusal = 900;
constexpr size_t kBeginning = 260;

// table: how the writer of a text says that he can't or won't, a language a
// row, in lower case. Each begins with a word of its own.
constexpr std::string_view kInabilities[] = {
    // English
    "i'm unable to|i am unable to|i'm not able to|i am not able to|i can't "
    "help with|i cannot help with|i can't help you|i cannot help you|i can't "
    "assist|i cannot assist|i can't provide|i cannot provide|i can't comply|i "
    "cannot comply|i can't fulfill|i cannot fulfill|i can't answer|i cannot "
    "answer|i can't discuss|i cannot discuss|i won't be able to|i won't "
    "provide|i will not provide|i must decline|i have to decline|i don't feel "
    "comfortable|i'm not comfortable|i can't continue|i cannot continue|i "
    "can't do that|i cannot do that|unable to assist|unable to help",
    // German
    "ich kann dabei nicht|ich kann das nicht|ich kann ihnen dabei nicht|ich "
    "kann dir dabei nicht|dabei kann ich nicht|dabei kann ich ihnen "
    "nicht|dabei kann ich dir nicht|dabei kann ich leider|das kann ich leider "
    "nicht|kann ich "
    "leider nicht|ich bin nicht in der lage|ich kann diese anfrage nicht|ich "
    "kann dazu keine",
    // French
    "je ne peux pas|je ne suis pas en mesure|il m'est impossible|je ne peux "
    "malheureusement pas",
    // Spanish
    "no puedo ayudar|no puedo proporcionar|no puedo responder|no puedo "
    "cumplir|no me es posible|no estoy en condiciones|no puedo asistir",
    // Portuguese
    "não posso ajudar|não posso fornecer|não posso responder|não consigo "
    "ajudar|não me é possível|não posso atender",
    // Italian
    "non posso aiutar|non posso fornire|non posso rispondere|non sono in grado",
    // Dutch
    "ik kan je daar niet|ik kan u daar niet|daar kan ik niet|daar kan ik je "
    "niet|daar kan ik helaas|ik kan niet "
    "helpen|ik ben niet in staat|dat kan ik niet",
    // Swedish, Danish, Norwegian
    "jag kan inte hjälpa|jag kan tyvärr inte|kan jag inte hjälpa|det kan jag "
    "tyvärr inte",
    "jeg kan ikke hjælpe|jeg kan desværre ikke|det kan jeg desværre ikke",
    "jeg kan ikke hjelpe|jeg kan dessverre ikke|det kan jeg dessverre ikke",
    // Finnish
    "en voi auttaa|en pysty auttamaan|en voi vastata|valitettavasti en voi",
    // Polish, Czech, Slovak
    "nie mogę pomóc|nie mogę udzielić|nie mogę odpowiedzieć|nie jestem w "
    "stanie",
    "nemohu pomoci|nemohu s tím pomoci|s tím nemohu|nemohu "
    "poskytnout|nemohu odpovědět",
    "nemôžem pomôcť|s tým nemôžem|nemôžem poskytnúť",
    // Romanian, Hungarian
    "nu pot ajuta|nu te pot ajuta|nu vă pot ajuta|nu pot oferi|nu pot răspunde",
    "nem tudok segíteni|ebben nem segíthetek|nem áll módomban|nem tudok "
    "válaszolni",
    // Turkish
    "yardımcı olamam|yardımcı olamıyorum|bu isteği yerine getiremem|yanıt "
    "veremem",
    // Indonesian, Vietnamese
    "saya tidak dapat membantu|saya tidak bisa membantu|saya tidak dapat "
    "memberikan|saya tidak bisa memberikan",
    "tôi không thể giúp|tôi không thể hỗ trợ|tôi không thể cung cấp|tôi không "
    "thể trả lời",
    // Russian, Ukrainian, Bulgarian
    "я не могу помочь|я не могу ответить|я не могу предоставить|не могу "
    "выполнить|не могу с этим помочь|к сожалению, я не могу",
    "я не можу допомогти|я не можу відповісти|я не можу надати|на жаль, я не "
    "можу",
    "не мога да помогна|не мога да ви помогна|не мога да отговоря|не мога да "
    "предоставя",
    // Greek
    "δεν μπορώ να βοηθήσω|δεν μπορώ να σας βοηθήσω|δεν μπορώ να παρέχω|δεν "
    "μπορώ να απαντήσω",
    // Arabic, Persian, Hebrew
    "لا أستطيع مساعدتك|لا يمكنني مساعدتك|لا يمكنني تقديم|لا أستطيع تقديم|لا "
    "يمكنني المساعدة",
    "نمی‌توانم کمک|نمی‌توانم به|قادر نیستم",
    "אני לא יכול לעזור|איני יכול לעזור|אין באפשרותי",
    // Hindi, Bengali
    "मैं इसमें मदद नहीं|मैं मदद नहीं कर|सहायता नहीं कर सकता|मैं आपकी मदद नहीं",
    "আমি সাহায্য করতে পারব না|সাহায্য করতে পারছি না",
    // Thai, Chinese, Japanese, Korean
    "ไม่สามารถช่วย|ไม่สามารถให้ข้อมูล|ไม่สามารถตอบ",
    "我无法|我無法|我不能帮|我不能幫|我不能提供|我不能协助|无法协助|"
    "无法提供帮助|"
    "無法協助|不便回答|无法回答|無法回答",
    "お手伝いできません|お答えできません|対応できません|応じられません|"
    "提供できません|お力になれません",
    "도와드릴 수 없|답변드릴 수 없|제공할 수 없|응할 수 없|도움을 드릴 수 없"};

// The phrases by their first byte.
class Phrases {
 public:
  Phrases() {
    for (std::string_view rest : kInabilities)
      while (!rest.empty()) {
        const size_t bar = rest.find('|');
        const std::string_view phrase = rest.substr(0, bar);
        by_byte_[static_cast<unsigned char>(phrase[0])].push_back(phrase);
        rest = bar == std::string_view::npos ? "" : rest.substr(bar + 1);
      }
  }

  // Does a phrase begin at a word of `text`, which is in lower case?
  bool In(std::string_view text) const {
    for (size_t i = 0; i < text.size(); ++i) {
      const auto first = static_cast<unsigned char>(text[i]);
      if (by_byte_[first].empty()) continue;
      // Thai, and the scripts from 0xE1 on that have no spaces: a word may
      // begin anywhere.
      const bool anywhere = first >= 0xE0;
      if (!anywhere && i > 0 &&
          (ascii::IsLetter(text[i - 1]) || ascii::IsBeyond(text[i - 1])))
        continue;
      for (std::string_view phrase : by_byte_[first])
        if (text.substr(i).starts_with(phrase)) return true;
    }
    return false;
  }

 private:
  std::vector<std::string_view> by_byte_[256];
};

// The beginning in lower case, with straight apostrophes.
std::string Beginning(std::string_view answer) {
  constexpr std::string_view kCurly = "\u2019";
  const std::string_view text = utf8::Head(answer, kBeginning);
  std::string lower;
  lower.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (text.substr(i).starts_with(kCurly)) {
      lower.push_back('\'');
      i += kCurly.size();
    } else if (!ascii::IsBeyond(text[i])) {
      lower.push_back(ascii::Lower(text[i++]));
    } else {
      i += languages::AppendLower(text, i, lower);
    }
  }
  return lower;
}

}  // namespace

bool Declines(std::string_view answer) {
  static const Phrases& phrases = *new Phrases;
  answer = ascii::Trim(answer);
  if (answer.empty() || answer.size() > kMaxRefusal ||
      answer.find("```") != std::string_view::npos)
    return false;
  return phrases.In(Beginning(answer)) || IsRefusal(answer);
}

}  // namespace reasonwatch
