// SPDX-License-Identifier: Apache-2.0
// Instructions about the language of the answer.
//
// English needs grammar: "in German" is an instruction in "write it in German",
// but not in "a song in German cinema". Finder reads word by word and keeps the
// state of the sentence: a verb of asking, a preposition, a negation, a name
// that waits for the word after it. Other languages have phrases of one or two
// words that are instructions by themselves. Chinese and Japanese have no
// spaces, so names are searched for beside certain characters.
//
// Order: tables of names, phrases and words; Tables, which joins them by hash;
// Finder; the functions of the header.
#include "features/language/asked.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "features/language/identify.h"
#include "features/language/words.h"
#include "features/symbols/code_spans.h"

namespace reasonwatch {
namespace {

// Instructions are at the beginning or at the end of a prompt; the document
// between them may be long.
constexpr size_t kHeadBytes = 2048;
constexpr size_t kTailBytes = 1024;  // an instruction takes a line or two

struct Phrases {
  std::string_view tag;
  std::string_view phrases;  // separated by '|'
};

// English names; the words before and after a name decide whether it is an
// instruction.
constexpr Phrases kEnglishNames[] = {
    {"en", "english"},
    {"de", "german"},
    {"fr", "french"},
    {"es", "spanish"},
    {"pt", "portuguese"},
    {"it", "italian"},
    {"nl", "dutch"},
    {"da", "danish"},
    {"no", "norwegian"},
    {"sv", "swedish"},
    {"fi", "finnish"},
    {"is", "icelandic"},
    {"pl", "polish"},
    {"cs", "czech"},
    {"sk", "slovak"},
    {"hu", "hungarian"},
    {"ro", "romanian"},
    {"hr", "croatian|bosnian"},
    {"sl", "slovenian"},
    {"et", "estonian"},
    {"lv", "latvian"},
    {"lt", "lithuanian"},
    {"sq", "albanian"},
    {"tr", "turkish"},
    {"az", "azerbaijani"},
    {"id", "indonesian"},
    {"ms", "malay"},
    {"tl", "tagalog|filipino"},
    {"vi", "vietnamese"},
    {"ca", "catalan"},
    {"gl", "galician"},
    {"eu", "basque"},
    {"af", "afrikaans"},
    {"sw", "swahili"},
    {"cy", "welsh"},
    {"ga", "irish"},
    {"ru", "russian"},
    {"uk", "ukrainian"},
    {"be", "belarusian"},
    {"bg", "bulgarian"},
    {"mk", "macedonian"},
    {"sr", "serbian"},
    {"kk", "kazakh"},
    {"el", "greek"},
    {"he", "hebrew"},
    {"ar", "arabic"},
    {"fa", "persian|farsi"},
    {"ur", "urdu"},
    {"hi", "hindi"},
    {"mr", "marathi"},
    {"ne", "nepali"},
    {"bn", "bengali|bangla"},
    {"gu", "gujarati"},
    {"pa", "punjabi"},
    {"ta", "tamil"},
    {"te", "telugu"},
    {"kn", "kannada"},
    {"ml", "malayalam"},
    {"si", "sinhala"},
    {"th", "thai"},
    {"lo", "lao"},
    {"km", "khmer"},
    {"my", "burmese"},
    {"ka", "georgian"},
    {"hy", "armenian"},
    {"am", "amharic"},
    {"zh", "chinese|mandarin|cantonese"},
    {"ja", "japanese"},
    {"ko", "korean"},
};

// table: phrases of other languages, separated by |
//
// Each phrase, of one word or two, is an instruction by itself.
constexpr Phrases kPhrases[] = {
    {"en",
     "auf englisch|in englisch|en anglais|en inglés|em inglês|in inglese|"
     "het engels|in engels|po angielsku|на английском|по-английски|"
     "англійською|на английски|ingilizce olarak|İngilizce olarak|"
     "İngilizce yanıt|İngilizce cevap|İngilizce yaz|tiếng anh|bahasa inggris|"
     "bahasa inggeris|på engelska|på engelsk|englanniksi|anglicky|"
     "v angličtině|στα αγγλικά|באנגלית|angolul|în engleză|به انگلیسی|"
     "بالإنجليزية|باللغة الإنجليزية|باللغة الانجليزية|अंग्रेजी में|अंग्रेज़ी में|"
     "영어로|en anglès|na engleskom|ইংরেজিতে"},
    {"de",
     "auf deutsch|en allemand|en alemán|em alemão|in tedesco|het duits|"
     "in duits|po niemiecku|на немецком|по-немецки|німецькою|Almanca olarak|"
     "tiếng đức|bahasa jerman|på tyska|på tysk|saksaksi|německy|"
     "στα γερμανικά|בגרמנית|németül|în germană|به آلمانی|باللغة الألمانية|"
     "بالألمانية|जर्मन में|독일어로"},
    {"fr",
     "auf französisch|en français|en francés|em francês|in francese|"
     "het frans|in frans|po francusku|на французском|по-французски|"
     "французькою|Fransızca olarak|tiếng pháp|bahasa prancis|"
     "bahasa perancis|på franska|på fransk|ranskaksi|francouzsky|"
     "στα γαλλικά|בצרפתית|franciául|în franceză|به فرانسوی|"
     "باللغة الفرنسية|بالفرنسية|फ्रेंच में|프랑스어로"},
    {"es",
     "auf spanisch|en espagnol|en español|en castellano|em espanhol|"
     "in spagnolo|het spaans|in spaans|po hiszpańsku|на испанском|"
     "по-испански|іспанською|İspanyolca olarak|tiếng tây|bahasa spanyol|"
     "på spanska|på spansk|espanjaksi|španělsky|στα ισπανικά|בספרדית|"
     "spanyolul|în spaniolă|به اسپانیایی|باللغة الإسبانية|بالإسبانية|"
     "स्पेनिश में|스페인어로"},
    {"pt",
     "auf portugiesisch|en portugais|en portugués|em português|"
     "in portoghese|het portugees|po portugalsku|на португальском|"
     "Portekizce olarak|bahasa portugis|på portugisiska|باللغة البرتغالية|"
     "포르투갈어로"},
    {"it",
     "auf italienisch|en italien|en italiano|em italiano|in italiano|"
     "het italiaans|po włosku|на итальянском|по-итальянски|"
     "İtalyanca olarak|bahasa italia|på italienska|باللغة الإيطالية|"
     "이탈리아어로"},
    {"nl",
     "in het nederlands|het nederlands|auf niederländisch|"
     "en néerlandais|en neerlandés"},
    {"da", "på dansk|auf dänisch"},
    {"no", "på norsk|auf norwegisch"},
    {"sv", "på svenska|auf schwedisch"},
    {"fi", "suomeksi"},
    {"pl", "po polsku|auf polnisch|en polonais|на польском|польською"},
    {"cs", "česky|v češtině"},
    {"sk", "po slovensky|v slovenčine"},
    {"hu", "magyarul|auf ungarisch"},
    {"ro", "în română|în românește|en roumain"},
    {"hr", "na hrvatskom"},
    {"tr",
     "Türkçe olarak|Türkçe yanıt|Türkçe cevap|Türkçe yaz|türkçe olarak|"
     "auf türkisch|en turc|en turco|на турецком|باللغة التركية|터키어로"},
    {"id", "bahasa indonesia|auf indonesisch|인도네시아어로"},
    {"ms", "bahasa melayu"},
    {"vi", "tiếng việt|Tiếng Việt|tiếng Việt|베트남어로"},
    {"ca", "en català"},
    {"ru",
     "auf russisch|en russe|en ruso|em russo|in russo|po rosyjsku|на русском|"
     "по-русски|російською|Rusça olarak|tiếng nga|bahasa rusia|på ryska|"
     "باللغة الروسية|러시아어로|на руски"},
    {"uk", "українською|на украинском|по-украински|auf ukrainisch"},
    {"bg", "на български"},
    {"sr", "na srpskom|на српском"},
    {"el", "στα ελληνικά"},
    {"he", "בעברית"},
    {"ar",
     "auf arabisch|en arabe|en árabe|em árabe|in arabo|на арабском|"
     "Arapça olarak|bahasa arab|باللغة العربية|بالعربية|अरबी में|아랍어로"},
    {"fa", "به فارسی"},
    {"ur", "اردو میں"},
    {"hi", "हिंदी में|हिन्दी में|auf hindi|en hindi|em hindi|힌디어로"},
    {"bn", "বাংলায়|বাংলা ভাষায়"},
    {"zh",
     "auf chinesisch|en chinois|en chino|em chinês|in cinese|на китайском|"
     "по-китайски|Çince olarak|tiếng trung|bahasa mandarin|på kinesiska|"
     "باللغة الصينية|चीनी में|중국어로"},
    {"ja",
     "auf japanisch|en japonais|en japonés|em japonês|in giapponese|"
     "на японском|по-японски|Japonca olarak|tiếng nhật|bahasa jepang|"
     "på japanska|باللغة اليابانية|जापानी में|일본어로"},
    {"ko",
     "auf koreanisch|en coréen|en coreano|em coreano|in coreano|на корейском|"
     "по-корейски|Korece olarak|tiếng hàn|bahasa korea|på koreanska|"
     "باللغة الكورية|कोरियाई में|한국어로|한글로"},
};

// Names in Chinese and Japanese, which have no spaces: a name counts after
// "use" or before a particle.
constexpr Phrases kHanNames[] = {
    {"en", "英语|英文|英語"},
    {"zh",
     "中文|汉语|漢語|普通话|普通話|简体|簡體|繁体|繁體|华语|国语|白话文|"
     "中国語"},
    {"ja", "日语|日文|日語|日本語"},
    {"ko", "韩语|韩文|韓語|韓文|韓国語|朝鲜语"},
    {"fr", "法语|法文|法語|フランス語"},
    {"de", "德语|德文|德語|ドイツ語"},
    {"es", "西班牙语|西班牙文|西班牙語|スペイン語"},
    {"pt", "葡萄牙语|葡萄牙語|ポルトガル語"},
    {"it", "意大利语|義大利語|イタリア語"},
    {"ru", "俄语|俄文|俄語|ロシア語"},
    {"ar", "阿拉伯语|阿拉伯文|阿拉伯語|アラビア語"},
    {"hi", "印地语|印地語|ヒンディー語"},
    {"tr", "土耳其语|土耳其語|トルコ語"},
    {"vi", "越南语|越南語|ベトナム語"},
    {"id", "印尼语|印度尼西亚语|インドネシア語"},
    {"th", "泰语|泰文|タイ語"},
};

constexpr std::string_view kPrepositions = "in|into|to|using|use|speak";
// Words that may come between the preposition and the name.
constexpr std::string_view kAdjectives =
    "simple|plain|traditional|simplified|brazilian|european|latin|american|"
    "british|formal|informal|proper|fluent|good|perfect|native|mexican|modern|"
    "standard|the|clear|mandarin|only|just";
// Words that ask for a text; one must precede "in German" in its sentence.
constexpr std::string_view kAsks =
    "reply|replies|replying|respond|response|responses|answer|answers|"
    "answering|write|writes|writing|written|rewrite|give|generate|create|"
    "summarize|summarise|summary|explain|explanation|describe|description|"
    "translate|translated|translation|output|provide|list|compose|draft|"
    "produce|make|tell|speak|return|state|show|present|presented|discuss|"
    "discussing|need|want|please|essay|article|report|story|poem|email|letter|"
    "paragraph|paragraphs|sentence|sentences|text|words|points|point|"
    "characters|outline|review|blog|post|speech|script|name|identify|find|"
    "can|could|do|prepare|include|formatted|format|everything|conclude|"
    "convert|extract|suggest|analyze|analyse|compare|continue|put|be|keep|"
    "start|use|language|help|limit|think|reason|chat|talk|communicate";
// Words that continue the sentence after "in German", so that German is no
// adjective there.
constexpr std::string_view kFollowers =
    "of|that|about|on|with|using|and|for|to|please|language|only|at|by|which|"
    "as|explaining|arguing|describing|discussing|based|from|how|why|what|in|"
    "the|under|within|no|without|instead|when|i|so|if|but|summarizing|"
    "summarising|comparing|highlighting|then|not|a|an|is|was|it|they|he|she|"
    "you|your|my|do|don't|this|these|after|before|because|where|who|even|"
    "regardless|throughout|unless|while|below|above|first|also|make|keep|"
    "give|write|explain|between|via|against|into|during|including|followed|"
    "related|regarding|detailing|outlining|exploring|showing|should|must|"
    "characters|script|text|each|all|be|will|or|called|titled|named|saying|"
    "asking|telling|translation";
// After these words the answer may be in that language or about a word of it:
// nobody knows which.
constexpr std::string_view kOpen =
    "say|says|said|call|called|mean|means|meaning|pronounce|pronounced|spell|"
    "conjugate";
constexpr std::string_view kNegations = "not|don't|never|avoid|without|dont";
constexpr std::string_view kTranslates =
    "translate|translates|translated|translation|translations|translating|"
    "übersetze|übersetzen|übersetzung|traduis|traduire|traduisez|traduction|"
    "traduce|traducir|traduzca|traducción|traduza|traduzir|tradução|traduci|"
    "tradurre|traduzione|переведи|переведите|перевод|terjemahkan|vertaal|"
    "przetłumacz|çevir|ترجم|ترجمة|अनुवाद";
constexpr std::string_view kConverts =
    "convert|rewrite|switch|change|render|back";
// Nouns in "-ing", which make the name an adjective ("German engineering");
// other words in "-ing" continue the sentence ("in German explaining ...").
constexpr std::string_view kNouns =
    "engineering|cooking|painting|clothing|writing|building|banking|thing";

enum WordUse : uint16_t {
  kIsPreposition = 1,
  kIsAdjective = 2,
  kIsAsk = 4,
  kIsFollower = 8,
  kIsOpen = 16,
  kIsNegation = 32,
  kIsTranslate = 64,
  kIsConvert = 128,
  kIsNoun = 256,
};

struct Use {
  uint16_t uses = 0;
  uint8_t name = kUnknownLanguage;  // in English
  bool ends_phrase = false;
};

struct Tables {
  // A Bloom filter of one bit: most words of a prompt are in no table.
  std::array<uint64_t, 64> present{};
  absl::flat_hash_map<uint64_t, Use> words;
  absl::flat_hash_map<uint64_t, uint8_t> phrases;
};

uint64_t PairHash(uint64_t first, uint64_t second) {
  return first * 0x9E3779B97F4A7C15 + second;
}

template <typename Visit>
void ForEach(std::string_view list, char separator, Visit visit) {
  while (!list.empty()) {
    const size_t end = list.find(separator);
    visit(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view()
                                         : list.substr(end + 1);
  }
}

const Tables& GetTables() {
  static const Tables& tables = *[] {
    auto* made = new Tables;
    const auto use = [&](std::string_view words, WordUse what) {
      ForEach(words, '|', [&](std::string_view word) {
        made->words[WordHash(word)].uses |= static_cast<uint16_t>(what);
      });
    };
    use(kPrepositions, kIsPreposition);
    use(kAdjectives, kIsAdjective);
    use(kAsks, kIsAsk);
    use(kFollowers, kIsFollower);
    use(kOpen, kIsOpen);
    use(kNegations, kIsNegation);
    use(kTranslates, kIsTranslate);
    use(kConverts, kIsConvert);
    use(kNouns, kIsNoun);
    for (const Phrases& row : kEnglishNames)
      ForEach(row.phrases, '|', [&](std::string_view name) {
        made->words[WordHash(name)].name = LanguageFromTag(row.tag);
      });
    for (const Phrases& row : kPhrases)
      ForEach(row.phrases, '|', [&](std::string_view phrase) {
        const size_t space = phrase.rfind(' ');
        const uint64_t last = WordHash(space == std::string_view::npos
                                           ? phrase
                                           : phrase.substr(space + 1));
        std::string_view first = space == std::string_view::npos
                                     ? std::string_view()
                                     : phrase.substr(0, space);
        first = first.substr(first.rfind(' ') + 1);
        made->words[last].ends_phrase = true;
        made->phrases[PairHash(first.empty() ? 0 : WordHash(first), last)] =
            LanguageFromTag(row.tag);
      });
    for (const auto& [hash, of] : made->words)
      made->present[hash / 64 % 64] |= uint64_t{1} << hash % 64;
    return made;
  }();
  return tables;
}

Use UseOf(const Tables& tables, uint64_t hash) {
  if ((tables.present.data()[hash / 64 % 64] >> hash % 64 & 1) == 0) return {};
  const auto found = tables.words.find(hash);
  return found == tables.words.end() ? Use() : found->second;
}

// Collects the instructions of a text.
class Finder {
 public:
  Finder() : tables_(GetTables()) {}

  void Read(std::string_view text) {
    StartSentence();
    bool high = false;
    for (size_t i = 0; i < text.size();) {
      const size_t separator = SeparatorAt(text, i);
      if (separator != 0) {
        const char c = text[i];
        if (c == '.' || c == '!' || c == '?' || c == '\n' || separator == 3) {
          EndName(/*follower_fits=*/true);
          if (c != '.' || i + 1 >= text.size() || text[i + 1] == ' ' ||
              text[i + 1] == '\n')
            StartSentence();
        } else if (c != ' ' && c != '\t') {
          EndName(/*follower_fits=*/true);
        }
        i += std::min(separator, text.size() - i);
        continue;
      }
      size_t end = i;
      while (end < text.size() && SeparatorAt(text, end) == 0) {
        high |= static_cast<unsigned char>(text[end]) >= 0xE3;
        ++end;
      }
      Word(text.substr(i, end - i));
      i = end;
    }
    EndName(/*follower_fits=*/true);
    if (high) ReadWithoutSpaces(text);
  }

  StatedLanguage Result() const {
    if (conflict_) return {kUnknownLanguage, true};
    if (found_ != kUnknownLanguage) return {found_, false};
    return {kUnknownLanguage, open_};
  }
  bool translates() const { return translates_; }

 private:
  void StartSentence() {
    asks_ = false;
    negated_ = false;
    translating_ = false;
    opens_ = false;
    before_ = 0;
    words_ = 0;
    preposition_ = 0;
    name_ = kUnknownLanguage;
  }

  void Word(std::string_view word) {
    const uint64_t hash = WordHash(word);
    const Use use = UseOf(tables_, hash);
    const uint16_t uses = use.uses;
    static const uint64_t kOr = WordHash("or");
    if (name_ != kUnknownLanguage) {
      if (hash == kOr) alternative_ = name_;
      EndName((uses & kIsFollower) != 0 ||
              (word.ends_with("ing") && (uses & kIsNoun) == 0));
    }
    if (use.name != kUnknownLanguage) {
      if (alternative_ != kUnknownLanguage && alternative_ != use.name)
        open_ = conflict_ = true;
      if (preposition_ != 0) {
        name_ = use.name;
        name_preposition_ = preposition_;
      }
    }
    alternative_ = hash == kOr ? alternative_ : kUnknownLanguage;
    for (const uint64_t first : {before_, uint64_t{0}}) {
      if (!use.ends_phrase) break;
      const auto phrase = tables_.phrases.find(PairHash(first, hash));
      if (phrase == tables_.phrases.end()) continue;
      Say(phrase->second);
      break;
    }
    if ((uses & kIsAsk) != 0) asks_ = true;
    if ((uses & kIsNegation) != 0) negated_ = true;
    if ((uses & kIsTranslate) != 0) translating_ = translates_ = true;
    if ((uses & kIsConvert) != 0) translating_ = true;
    if ((uses & kIsOpen) != 0) opens_ = true;
    if ((uses & kIsPreposition) != 0)
      preposition_ = hash;
    else if ((uses & kIsAdjective) == 0)
      preposition_ = 0;
    before_ = hash;
    ++words_;
  }

  // Decides about a name that follows a preposition, now that the word or sign
  // after it is known.
  void EndName(bool follower_fits) {
    if (name_ == kUnknownLanguage) return;
    const uint8_t language = name_;
    name_ = kUnknownLanguage;
    if (!follower_fits || negated_) return;
    static const uint64_t kTo = WordHash("to");
    static const uint64_t kInto = WordHash("into");
    static const uint64_t kIn = WordHash("in");
    if (name_preposition_ == kTo || name_preposition_ == kInto) {
      if (translating_) Say(language);
      return;
    }
    if (opens_ && name_preposition_ == kIn) {
      open_ = true;
      return;
    }
    // Accept "in German" if the sentence asks for a text or is only "In German,
    // ..."; accept "use German" and "using German" always.
    if (name_preposition_ != kIn || asks_ || words_ <= 3) Say(language);
  }

  void Say(uint8_t language) {
    if (found_ != kUnknownLanguage && !Confusable(found_, language))
      conflict_ = true;
    found_ = language;
  }

  void ReadWithoutSpaces(std::string_view text) {
    // The name follows these characters: use, with, into, in.
    constexpr std::string_view kBefore[] = {"用", "以", "成", "为", "為"};
    // The name precedes the Japanese particles "de" and "ni".
    constexpr std::string_view kAfter[] = {"で", "に"};
    for (size_t i = 0; i + 3 <= text.size(); ++i) {
      if (static_cast<unsigned char>(text[i]) < 0xE3) continue;
      const std::string_view three = text.substr(i, 3);
      if (std::find(std::begin(kBefore), std::end(kBefore), three) !=
          std::end(kBefore)) {
        SayHan(text.substr(i + 3, 24), /*at_end=*/false);
      } else if (std::find(std::begin(kAfter), std::end(kAfter), three) !=
                 std::end(kAfter)) {
        const size_t begin = i < 24 ? 0 : i - 24;
        const std::string_view before = text.substr(begin, i - begin);
        if (before.ends_with("語")) SayHan(before, /*at_end=*/true);
      }
    }
  }

  void SayHan(std::string_view near, bool at_end) {
    for (const Phrases& row : kHanNames) {
      bool is = false;
      ForEach(row.phrases, '|', [&](std::string_view name) {
        is |= at_end ? near.ends_with(name) : near.starts_with(name);
      });
      if (is) return Say(LanguageFromTag(row.tag));
    }
  }

  const Tables& tables_;
  // State of the sentence so far.
  bool asks_ = false;
  bool negated_ = false;
  bool translating_ = false;
  bool opens_ = false;
  uint64_t before_ = 0;
  uint64_t preposition_ = 0;
  int words_ = 0;
  uint8_t name_ = kUnknownLanguage;  // waits for the next word
  uint64_t name_preposition_ = 0;
  uint8_t alternative_ = kUnknownLanguage;  // "German or"
  // State of the text.
  uint8_t found_ = kUnknownLanguage;
  bool conflict_ = false;
  bool open_ = false;
  bool translates_ = false;
};

struct Instruction {
  StatedLanguage stated;
  bool translates = false;
};

Instruction FindInstruction(std::string_view text) {
  Finder finder;
  finder.Read(text.substr(0, kHeadBytes));
  if (text.size() > kHeadBytes)
    finder.Read(text.substr(std::max(kHeadBytes, text.size() - kTailBytes)));
  return {finder.Result(), finder.translates()};
}

}  // namespace

StatedLanguage FindStatedLanguage(std::string_view text) {
  return FindInstruction(text).stated;
}

uint8_t ExpectedLanguage(std::string_view asked, std::string_view system_prompt,
                         std::string_view prompt) {
  if (!asked.empty()) return LanguageFromTag(asked);
  const Instruction user = FindInstruction(prompt);
  if (user.stated.language != kUnknownLanguage) return user.stated.language;
  if (user.stated.ambiguous || user.translates) return kUnknownLanguage;
  if (!system_prompt.empty()) {
    const StatedLanguage system = FindInstruction(system_prompt).stated;
    if (system.language != kUnknownLanguage) return system.language;
    if (system.ambiguous) return kUnknownLanguage;
  }
  // A request and the document that comes with it may be in two languages, so
  // the two ends are compared. 500 bytes are enough for IdentifyLanguage().
  constexpr size_t kPart = 500;
  if (prompt.size() <= 2 * kPart)
    return IdentifyLanguage(prompt, FindCodeSpans(prompt)).language;
  const std::string_view head = prompt.substr(0, kPart);
  const std::string_view tail = prompt.substr(prompt.size() - kPart);
  const uint8_t first = IdentifyLanguage(head, FindCodeSpans(head)).language;
  const uint8_t last = IdentifyLanguage(tail, FindCodeSpans(tail)).language;
  if (first == kUnknownLanguage) return last;
  return last == kUnknownLanguage || Confusable(first, last) ? first
                                                             : kUnknownLanguage;
}

}  // namespace reasonwatch
