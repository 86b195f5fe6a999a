// SPDX-License-Identifier: Apache-2.0
// Tests of the languages: codes, the identified language of a text, and the
// language that a request asks for.
//
// Order: codes, identification (one text of each language, code and names that
// do not count, mixtures, threads), then instructions and expected languages.
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "features/language/asked.h"
#include "features/language/identify.h"
#include "features/language/languages.h"
#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

IdentifiedLanguage Identify(std::string_view text) {
  return IdentifyLanguage(text, FindCodeSpans(text));
}
std::string_view TagOf(std::string_view text) {
  return LanguageTag(Identify(text).language);
}
std::string_view Stated(std::string_view text) {
  return LanguageTag(FindStatedLanguage(text).language);
}
std::string_view Expected(std::string_view prompt, std::string_view system = "",
                          std::string_view asked = "") {
  return LanguageTag(ExpectedLanguage(asked, system, prompt));
}

TEST(Languages, TagsAndCodesAgree) {
  EXPECT_EQ(LanguageTag(LanguageFromTag("en")), "en");
  EXPECT_EQ(LanguageTag(LanguageFromTag("pt-BR")), "pt");
  EXPECT_EQ(LanguageTag(LanguageFromTag("zh_Hant")), "zh");
  EXPECT_EQ(LanguageTag(LanguageFromTag("DE")), "de");
  EXPECT_EQ(LanguageTag(LanguageFromTag("nb-NO")), "no");
  EXPECT_EQ(LanguageTag(LanguageFromTag("fil")), "tl");
  EXPECT_EQ(LanguageFromTag("german"), kUnknownLanguage);
  EXPECT_EQ(LanguageFromTag(""), kUnknownLanguage);
  EXPECT_EQ(LanguageFromTag("-"), kUnknownLanguage);
  EXPECT_EQ(LanguageTag(255), "");
}

// Codes are stored, so these may never change.
TEST(Languages, CodesStay) {
  EXPECT_EQ(LanguageFromTag("en"), 1);
  EXPECT_EQ(LanguageFromTag("vi"), 29);
  EXPECT_EQ(LanguageFromTag("ar"), 46);
  EXPECT_EQ(LanguageFromTag("ko"), 69);
  EXPECT_EQ(LanguageFromTag("ceb"), 72);
}

TEST(Languages, CloseRelativesAreOneClass) {
  const auto confusable = [](std::string_view a, std::string_view b) {
    const uint8_t x = LanguageFromTag(a);
    const uint8_t y = LanguageFromTag(b);
    EXPECT_EQ(Confusable(x, y), Confusable(y, x));
    return Confusable(x, y);
  };
  EXPECT_TRUE(confusable("no", "da"));
  EXPECT_TRUE(confusable("id", "ms"));
  EXPECT_TRUE(confusable("sr", "bs"));
  EXPECT_TRUE(confusable("zh-Hans", "zh-TW"));
  EXPECT_TRUE(confusable("gl", "es"));
  EXPECT_FALSE(confusable("pt", "es"));
  EXPECT_FALSE(confusable("ru", "uk"));
  EXPECT_FALSE(confusable("de", "nl"));
}

// table: a text of each language
const std::pair<std::string_view, std::string_view> kTexts[] = {
    {"en",
     "The train leaves the station at nine, so it has been on its way for "
     "two hours when the second one starts. We can now add both distances."},
    {"de",
     "Der Zug verlässt den Bahnhof um neun Uhr und ist also seit zwei "
     "Stunden unterwegs, wenn der zweite losfährt. Wir addieren die Wege."},
    {"fr",
     "Le train quitte la gare à neuf heures, donc il roule depuis deux "
     "heures quand le second part. Nous pouvons ajouter les distances."},
    {"es",
     "El tren sale de la estación a las nueve, así que lleva dos horas en "
     "camino cuando sale el segundo. Ahora sumamos las distancias."},
    {"pt",
     "O trem sai da estação às nove, então já está há duas horas a caminho "
     "quando o segundo parte. Agora podemos somar as distâncias."},
    {"it",
     "Il treno lascia la stazione alle nove, quindi è in viaggio da due ore "
     "quando parte il secondo. Ora possiamo sommare le distanze."},
    {"nl",
     "De trein vertrekt om negen uur van het station en is dus al twee uur "
     "onderweg als de tweede begint. Nu tellen we de afstanden op."},
    {"sv",
     "Tåget lämnar stationen klockan nio och har alltså varit på väg i två "
     "timmar när det andra startar. Nu lägger vi ihop sträckorna."},
    {"pl",
     "Pociąg odjeżdża ze stacji o dziewiątej, więc jest w drodze od dwóch "
     "godzin, gdy rusza drugi. Teraz można dodać obie odległości."},
    {"cs",
     "Vlak odjíždí ze stanice v devět hodin, takže je na cestě dvě hodiny, "
     "když vyjede druhý. Nyní můžeme obě vzdálenosti sečíst."},
    {"hu",
     "A vonat kilenckor indul az állomásról, tehát már két órája úton van, "
     "amikor a második elindul. Most összeadhatjuk a távolságokat."},
    {"fi",
     "Juna lähtee asemalta kello yhdeksän, joten se on ollut matkalla kaksi "
     "tuntia, kun toinen lähtee. Nyt voimme laskea matkat yhteen."},
    {"tr",
     "Tren istasyondan saat dokuzda kalkıyor, yani ikincisi hareket "
     "ettiğinde iki saattir yolda. Şimdi mesafeleri toplayabiliriz."},
    {"id",
     "Kereta itu berangkat dari stasiun pada pukul sembilan, jadi sudah dua "
     "jam dalam perjalanan ketika kereta kedua berangkat dari kota."},
    {"vi",
     "Tàu rời ga lúc chín giờ, vì vậy nó đã đi được hai giờ khi tàu thứ hai "
     "khởi hành. Bây giờ chúng ta có thể cộng hai quãng đường."},
    {"ru",
     "Поезд отправляется со станции в девять часов, поэтому он уже два часа "
     "в пути, когда выходит второй. Теперь сложим расстояния."},
    {"uk",
     "Потяг вирушає зі станції о дев'ятій годині, тому він уже дві години в "
     "дорозі, коли вирушає другий. Тепер можна додати відстані."},
    {"el",
     "Το τρένο φεύγει από τον σταθμό στις εννέα, άρα ταξιδεύει δύο ώρες."},
    {"he", "הרכבת יוצאת מהתחנה בשעה תשע, ולכן היא נוסעת כבר שעתיים."},
    {"ar",
     "يغادر القطار المحطة في الساعة التاسعة، لذلك فهو في الطريق منذ ساعتين "
     "عندما ينطلق القطار الثاني من المدينة."},
    {"fa",
     "قطار ساعت نه از ایستگاه حرکت می کند و وقتی قطار دوم راه می افتد دو "
     "ساعت است که در راه است."},
    {"hi",
     "रेलगाड़ी नौ बजे स्टेशन से निकलती है, इसलिए जब दूसरी चलती है तब वह दो घंटे से रास्ते "
     "में "
     "है।"},
    {"bn", "ট্রেনটি নয়টায় স্টেশন ছাড়ে, তাই এটি দুই ঘণ্টা ধরে পথে আছে।"},
    {"ta", "ரயில் ஒன்பது மணிக்கு நிலையத்தை விட்டு புறப்படுகிறது."},
    {"th", "รถไฟออกจากสถานีเวลาเก้าโมง ดังนั้นจึงเดินทางมาแล้วสองชั่วโมง"},
    {"ka", "მატარებელი სადგურიდან ცხრა საათზე გადის."},
    {"zh", "火车九点离开车站，所以第二列出发时它已经行驶了两个小时。"},
    {"ja",
     "列車は九時に駅を出るので、二本目が出るときにはもう二時間走っている。"},
    {"ko",
     "기차는 아홉 시에 역을 떠나므로 두 번째 기차가 출발할 때 두 시간째 "
     "달리고 있다."},
};

TEST(Identify, KnowsLanguages) {
  for (const auto& [tag, text] : kTexts) {
    const uint8_t wanted = LanguageFromTag(tag);
    const uint8_t found = Identify(text).language;
    EXPECT_TRUE(Confusable(found, wanted))
        << tag << " is " << LanguageTag(found);
    EXPECT_TRUE(IsWrittenIn(wanted, Identify(text).script)) << tag;
  }
}

TEST(Identify, WhatIsNotProseDoesNotCount) {
  const std::string german =
      "Wir lösen die Gleichung und setzen das Ergebnis danach wieder ein. ";
  const std::string_view code =
      "\n```python\nfor the_item in the_list:\n    print('this is what we have "
      "to do with the item and the list')\n```\n";
  const std::string_view noise[] = {
      code,
      "`return the value of this and that if it is not there` ",
      "$$\\text{where the sum of all and the product of the others is}$$ ",
      "\\[ \\text{if and only if the value is in the set} \\] ",
      "https://example.org/the/and/of/to/in/is/that/for/it ",
      "\"This is what the man said to her when they had left the house.\" ",
      "<b class=\"the and of to in is that for it with\"> ",
      "Massachusetts Institute Of Technology And The University Of The West ",
  };
  for (const std::string_view part : noise) {
    EXPECT_EQ(TagOf(german + std::string(part) + german), "de") << part;
  }
}

TEST(Identify, KeysOfJsonDoNotCountAndItsValuesDo) {
  EXPECT_EQ(TagOf(R"({"the_reasoning_of_the_answer": "El tren sale de la )"
                  R"(estación a las nueve y llega por la tarde", )"
                  R"("the final answer that is given": "cuando llega"})"),
            "es");
  EXPECT_EQ(TagOf("```json\n{\"answer\": \"Der Zug ist nicht mehr da und wir "
                  "warten auf den nächsten\"}\n```"),
            "de");
}

TEST(Identify, QuotationsCountWhereThereIsNothingElse) {
  EXPECT_EQ(TagOf("\"Der Zug ist nicht mehr da, und wir warten auf den "
                  "nächsten, der um neun kommt.\""),
            "de");
}

TEST(Identify, SaysUnknownRatherThanGuess) {
  for (const std::string_view text :
       {"", "42", "x = 7", "Paris", "OK", "\\boxed{12}", "東京", "A, B, C, D",
        "```\nfoo()\n```", "NaN NULL TRUE", "1. 2. 3. 4."})
    EXPECT_EQ(Identify(text).language, kUnknownLanguage) << text;
  // Half Russian, half English.
  EXPECT_EQ(Identify("Давай посмотрим на это ещё раз внимательно. Let us look "
                     "at this once more with care.")
                .language,
            kUnknownLanguage);
}

TEST(Identify, FewWordsAreEnoughForWhatIsExpected) {
  const auto read = [](std::string_view text, std::string_view expected) {
    return LanguageTag(
        IdentifyLanguage(text, FindCodeSpans(text), LanguageFromTag(expected))
            .language);
  };
  EXPECT_EQ(read("she buys 3 kittens, total of kittens bought 7", "en"), "en");
  EXPECT_NE(read("ze koopt 3 cadeaus, de som van het geheel is 7", "en"), "en");
  EXPECT_NE(read("она покупает 3 подарка, всего 7 подарков", "en"), "en");
  EXPECT_EQ(read("42 = 6 * 7", "en"), "");
}

TEST(Identify, NamesDoNotTurnATextIntoAnotherLanguage) {
  EXPECT_EQ(TagOf("根据 OpenAI 和 Google DeepMind 的研究，COVID-19 之后 Python "
                  "和 TensorFlow 的使用明显增加了，这是一个趋势。"),
            "zh");
  EXPECT_EQ(TagOf("Die Universities of California und das Massachusetts "
                  "Institute of Technology sind nicht in der gleichen Stadt."),
            "de");
}

TEST(Stated, EnglishInstructions) {
  const std::map<std::string_view, std::string_view> cases = {
      {"Reply in French. What is a prime?", "fr"},
      {"What is a prime? Answer in German.", "de"},
      {"Use Vietnamese. List five fruits.", "vi"},
      {"Write an essay of 300 words in Korean about trains.", "ko"},
      {"Explain it using Japanese to a child.", "ja"},
      {"Summarize the text in six bullet points in Turkish. Be brief.", "tr"},
      {"Please respond in Brazilian Portuguese.", "pt"},
      {"Write in simplified Chinese, please.", "zh"},
      {"Translate the following sentence from English to Hindi: Hello", "hi"},
      {"Translate this into russian.", "ru"},
      {"Give me a blog post in Turkish advocating for sleep.", "tr"},
      {"In Spanish, tell me who built it.", "es"},
      {"Limit yourself to 250 words in Arabic.\n\nThe game is played ...",
       "ar"},
  };
  for (const auto& [prompt, tag] : cases)
    EXPECT_EQ(Stated(prompt), tag) << prompt;
}

TEST(Stated, InstructionsInOtherLanguages) {
  const std::map<std::string_view, std::string_view> cases = {
      {"Antworte bitte auf Deutsch.", "de"},
      {"Erkläre das auf Englisch.", "en"},
      {"Réponds en anglais, s'il te plaît.", "en"},
      {"Escribe la respuesta en español.", "es"},
      {"Responda em português.", "pt"},
      {"Rispondi in italiano.", "it"},
      {"Odpowiedz po polsku.", "pl"},
      {"Ответь на русском языке.", "ru"},
      {"Напиши по-английски.", "en"},
      {"Cevabı Türkçe olarak ver.", "tr"},
      {"Hãy trả lời bằng tiếng Anh.", "en"},
      {"Jawab dalam bahasa Indonesia.", "id"},
      {"请用英语回答这个问题。", "en"},
      {"用中文回答", "zh"},
      {"把下面的句子翻译成法语：你好", "fr"},
      {"日本語で答えてください。", "ja"},
      {"次の文を英語に訳してください。", "en"},
      {"한국어로 대답해 주세요.", "ko"},
      {"أجب باللغة العربية من فضلك", "ar"},
      {"कृपया हिंदी में उत्तर दें।", "hi"},
      {"Svara på svenska.", "sv"},
  };
  for (const auto& [prompt, tag] : cases)
    EXPECT_EQ(Stated(prompt), tag) << prompt;
}

TEST(Stated, MentionsAreNoInstructions) {
  for (const std::string_view prompt :
       {"What changed in German politics after the war?",
        "Who was the first in French cinema to use colour?",
        "Chinese food is popular in many countries.",
        "Explain why the English language has so many words.",
        "Do not answer in English."})
    EXPECT_EQ(FindStatedLanguage(prompt).language, kUnknownLanguage) << prompt;
}

TEST(Stated, SeveralLanguagesAreAmbiguous) {
  EXPECT_TRUE(FindStatedLanguage("Answer in English or German.").ambiguous);
  EXPECT_TRUE(
      FindStatedLanguage("Answer in English. Write it in French.").ambiguous);
  EXPECT_TRUE(FindStatedLanguage("How do you say cat in French?").ambiguous);
}

TEST(Expected, InstructionsWinOverThePromptsOwnLanguage) {
  const std::string prompt = "Why is the sky blue, and what is it made of? ";
  EXPECT_EQ(Expected(prompt), "en");
  EXPECT_EQ(Expected(prompt + "Reply in Korean."), "ko");
  EXPECT_EQ(Expected(prompt, "You always answer in German."), "de");
  EXPECT_EQ(Expected(prompt + "Reply in Korean.", "Answer in German."), "ko");
  EXPECT_EQ(Expected(prompt + "Reply in Korean.", "", "ja-JP"), "ja");
  EXPECT_EQ(Expected(prompt, "", "tlh"), "");
}

TEST(Expected, UnclearPromptsExpectNothing) {
  EXPECT_EQ(Expected(""), "");
  EXPECT_EQ(Expected("2+2=?"), "");
  EXPECT_EQ(Expected("Translate this: the cat is on the mat and it sleeps."),
            "");
  std::string mixed =
      "Fasse den folgenden Text zusammen und nenne die Namen.\n";
  while (mixed.size() < 600)
    mixed += "Das ist die Aufgabe, und sie ist nicht schwer. ";
  while (mixed.size() < 2000)
    mixed += "This is what they had to do with the rest of it. ";
  EXPECT_EQ(Expected(mixed), "");
}

TEST(Expected, InstructionAfterALongTextIsFound) {
  std::string prompt;
  while (prompt.size() < 100'000)
    prompt += "The committee met again and it was decided to wait. ";
  EXPECT_EQ(Expected(prompt + "\n\nSummarize the text in Italian."), "it");
}

// These texts reach CLD2, which must give the same result in several threads.
TEST(Identify, ThreadsDoNotDisturbEachOther) {
  const std::string texts[] = {
      "Rong väljub jaamast kell üheksa ja on teise rongi väljumise ajaks juba "
      "kaks tundi teel olnud.",
      "Traukinys išvyksta iš stoties devintą valandą, todėl jis jau dvi "
      "valandas važiuoja, kai pajuda antrasis.",
      "Mae'r trên yn gadael yr orsaf am naw o'r gloch, felly mae wedi bod ar y "
      "ffordd ers dwy awr.",
  };
  const std::string_view tags[] = {"et", "lt", "cy"};
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i)
        if (TagOf(texts[t % 3]) != tags[t % 3]) ++wrong;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Identify, AnyBytesAreRead) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 5000, '\0');
    const auto low = static_cast<int>(random() % 200);
    for (char& c : text)
      c = static_cast<char>(
          low +
          static_cast<int>(random() % (256U - static_cast<unsigned>(low))));
    EXPECT_LT(Identify(text).language, 100);
    EXPECT_LT(ExpectedLanguage("", text, text), 100);
  }
}

}  // namespace
}  // namespace reasonwatch
