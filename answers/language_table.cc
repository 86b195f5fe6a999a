// SPDX-License-Identifier: Apache-2.0
// The words by which texts of some fifty languages announce, affirm, deny, note
// and refuse, as data. First the table of languages, then the words that make a
// number negative and those that scale it, then the functions of the header.
#include "answers/language_table.h"

namespace reasonwatch::languages {
namespace {

// table: the words of each language.
constexpr Language kLanguages[] = {
    {"en", "answer", "result|solution|total|conclusion",
     "option|choice|alternative",
     "is|are|was|equals|would be|will be|should be|must be|becomes|comes to|"
     "comes out to|comes out as|works out to|works out as|reads",
     "or", "yes|true|correct", "no|false|incorrect",
     "not|isn't|never|wrong|cannot|can't|neither|nor|unlikely",
     "note|notes|nb|n.b|source|sources|reference|references|disclaimer|"
     "footnote|footnotes|caveat|remark|p.s|ps|tip|see also|further reading|"
     "citation|citations|confidence|edit|warning|assumptions|assumption|fyi|"
     "check|quick check|sanity check|verification|verify|tokens used",
     "let me know|feel free|i hope|hope this|would you like|if you want|"
     "if you need|if you have|if you would|if you'd|happy to|i can also|"
     "do you want|shall i|please let|want me to|just ask|i'm happy|glad to|"
     "should you|note that|keep in mind|please note|bear in mind",
     "i'm sorry, but i can|i am sorry, but i can|i'm sorry, i can|sorry, i "
     "can|sorry, but i can|i apologize, but i can|i can't help|i cannot help|i "
     "can't assist|i cannot assist|i can't provide|i cannot provide|i can't "
     "comply|i cannot comply|i can't fulfill|i cannot fulfill|i can't answer|i "
     "cannot answer|i can't discuss|i cannot discuss|i can't do that|i cannot "
     "do that|i can't support|i can't share|i cannot share|i won't provide|i "
     "will not provide|i won't help|i will not help|i'm unable to|i am unable "
     "to|i'm not able to help|i am not able to help|i must decline|i have to "
     "decline|i decline|as an ai"},
    {"de", "antwort", "ergebnis|endergebnis|lösung|resultat|gesamtzahl",
     "option|auswahl", "ist|lautet|beträgt|sind|wäre", "oder",
     "ja|wahr|richtig", "nein|falsch", "nicht|kein|keine|niemals",
     "hinweis|hinweise|anmerkung|anmerkungen|quelle|quellen|fußnote|probe|"
     "kontrolle|überprüfung",
     "falls du|wenn du|falls sie|wenn sie|lass mich|lassen sie|gerne kann|"
     "soll ich|möchtest du|möchten sie|sag bescheid|ich hoffe",
     "es tut mir leid, aber|tut mir leid, aber|tut mir leid, das kann|dabei "
     "kann ich nicht|ich kann dir dabei nicht|ich kann ihnen dabei nicht|das "
     "kann ich nicht|ich kann diese frage nicht"},
    {"fr", "réponse|reponse", "résultat|solution|total", "option|choix",
     "est|sont|vaut|serait|était", "ou|ou bien", "oui|vrai", "non|faux",
     "pas|jamais|n'est",
     "remarque|remarques|note|notes|source|sources|nota bene|référence|"
     "vérification",
     "n'hésitez|n'hésite|si vous|si tu|voulez-vous|souhaitez-vous|veux-tu|"
     "faites-moi|dites-moi|j'espère",
     "je suis désolé, mais|désolé, mais|je ne peux pas|je ne suis pas en "
     "mesure"},
    {"es", "respuesta", "resultado|solución|solucion", "opción|alternativa",
     "es|son|sería|seria|fue|vale", "o|u", "sí|verdadero|cierto", "no|falso",
     "no|nunca|tampoco",
     "nota|notas|fuente|fuentes|observación|aclaración|referencias|"
     "comprobación|verificación",
     "si quieres|si desea|si necesitas|avísame|avíseme|quieres que|¿|"
     "espero que|dime si|no dudes",
     "lo siento, pero|lo siento, no puedo|no puedo ayudar|no puedo "
     "proporcionar|no puedo responder"},
    {"pt", "resposta", "resultado|solução|solucao", "opção|alternativa",
     "é|são|seria|foi|vale", "ou", "sim|verdadeiro|certo", "não|nao|falso",
     "não|nunca|nem",
     "nota|notas|fonte|fontes|observação|obs|referências|verificação",
     "se quiser|se precisar|avise|me avise|quer que|espero que|gostaria",
     "desculpe, mas|sinto muito, mas|não posso ajudar|não posso fornecer|não "
     "posso responder"},
    {"it", "risposta", "risultato|soluzione", "opzione|scelta",
     "è|e'|sono|sarebbe|vale", "o|oppure", "sì|vero", "no|falso", "non|mai|né",
     "nota|note|fonte|fonti|osservazione|riferimenti|verifica",
     "se vuoi|se desideri|fammi sapere|vuoi che|spero|se hai",
     "mi dispiace, ma|mi dispiace, non|non posso aiutar|non posso fornire|non "
     "posso rispondere"},
    {"nl", "antwoord|eindantwoord", "resultaat|uitkomst|oplossing",
     "optie|keuze", "is|zijn|bedraagt|luidt", "of", "ja|waar|juist",
     "nee|onwaar|onjuist", "niet|geen|nooit",
     "opmerking|noot|bron|bronnen|let op",
     "laat me weten|laat het|als je|wil je|ik hoop|als u",
     "het spijt me, maar|sorry, maar|ik kan je daar niet|ik kan daar niet"},
    {"sv", "svar|svaret|slutsvar", "resultat|resultatet|lösning|lösningen",
     "alternativ", "är|blir|lyder", "eller", "ja|sant", "nej|falskt",
     "inte|ej|aldrig", "obs|anmärkning|källa|källor|notera",
     "säg till|hör av|vill du|om du|jag hoppas",
     "tyvärr kan jag inte|jag kan inte hjälpa|förlåt, men"},
    {"da", "svar|svaret|facit", "resultat|resultatet|løsning", "mulighed",
     "er|bliver|lyder", "eller", "ja|sandt", "nej|falsk", "ikke|aldrig",
     "bemærk|bemærkning|kilde|kilder", "sig til|vil du|hvis du|jeg håber",
     "beklager, men|jeg kan ikke hjælpe"},
    {"no", "svar|svaret|fasit", "resultat|resultatet|løsning", "alternativ",
     "er|blir|lyder", "eller", "ja|sant", "nei|usant|galt", "ikke|aldri",
     "merk|merknad|kilde|kilder", "si fra|vil du|hvis du|gi meg beskjed",
     "beklager, men|jeg kan ikke hjelpe"},
    {"fi", "vastaus|lopputulos", "tulos|ratkaisu", "vaihtoehto", "on|ovat",
     "tai", "kyllä|tosi", "ei|epätosi", "ei|eivät",
     "huom|huomautus|huomio|lähde|lähteet", "kerro|haluatko|jos haluat", ""},
    {"pl", "odpowiedź|odpowiedz|odpowiedzią", "wynik|wynikiem|rozwiązanie",
     "opcja|wariant", "to|jest|wynosi|są|brzmi", "lub|albo", "tak|prawda",
     "nie|fałsz", "nie|nigdy", "uwaga|uwagi|źródło|źródła|przypis|sprawdzenie",
     "daj znać|czy chcesz|jeśli chcesz|jeśli masz|mam nadzieję",
     "przykro mi, ale|przepraszam, ale|nie mogę pomóc|nie mogę udzielić"},
    {"cs", "odpověď", "výsledek|řešení", "možnost|volba", "je|jsou|činí|zní",
     "nebo", "ano|pravda", "ne|nepravda", "není|nikdy",
     "poznámka|pozn|zdroj|zdroje", "dejte|dej mi|chcete|pokud",
     "omlouvám se, ale|je mi líto, ale|nemohu pomoci"},
    {"sk", "odpoveď", "výsledok|riešenie", "možnosť", "je|sú|znie", "alebo",
     "áno|pravda", "nie|nepravda", "nie je|nikdy", "poznámka|zdroj|zdroje",
     "dajte|daj mi|chcete|ak chcete", ""},
    {"ro", "răspuns|răspunsul|raspuns|raspunsul", "rezultat|rezultatul|soluția",
     "opțiunea|varianta", "este|e|sunt", "sau", "da|adevărat", "nu|fals",
     "nu|niciodată", "notă|nota|sursă|sursa|surse|observație",
     "dacă vrei|dacă doriți|anunță|spune-mi|doriți", ""},
    {"hu", "válasz|válaszom", "eredmény|megoldás|végeredmény", "lehetőség",
     "az", "vagy", "igen|igaz", "nem|hamis", "nem|soha",
     "megjegyzés|forrás|források", "szólj|ha szeretné|szeretné|kérem", ""},
    {"ca", "resposta", "resultat|solució", "opció", "és|són", "o",
     "sí|cert|vertader", "no|fals", "no|mai", "nota|font|fonts",
     "si vols|avisa|vols que", ""},
    {"hr", "odgovor", "rezultat|rješenje|rešenje", "opcija", "je|su|glasi",
     "ili", "da|točno|tačno|istina", "ne|netočno|netačno", "nije|nikad",
     "napomena|izvor|izvori", "javi|javite|želite li|ako želite", ""},
    {"sl", "odgovor", "rezultat|rešitev", "možnost", "je|znaša|so", "ali",
     "da|drži|res", "ne|napačno", "ni|nikoli", "opomba|vir|viri",
     "povejte|če želite|želite", ""},
    {"lt", "atsakymas", "rezultatas|sprendimas", "variantas", "yra", "arba",
     "taip|tiesa", "ne|netiesa", "nėra", "pastaba|šaltinis|šaltiniai",
     "praneškite|jei norite", ""},
    {"lv", "atbilde", "rezultāts|risinājums", "variants", "ir", "vai",
     "jā|patiesi", "nē|aplami", "nav", "piezīme|avots|avoti", "ja vēlaties",
     ""},
    {"et", "vastus", "tulemus|lahendus", "variant", "on", "või", "jah|tõene",
     "ei|väär", "pole", "märkus|allikas|allikad", "anna teada|kui soovid", ""},
    {"tr", "cevap|cevabı|yanıt|yanıtı", "sonuç|sonucu|çözüm", "seçenek|şık",
     "olarak|olur|eşittir", "veya|ya da|yahut", "evet|doğru", "hayır|yanlış",
     "değil|hiç", "not|kaynak|kaynaklar|dipnot|sağlama|doğrulama",
     "isterseniz|istersen|bana bildir|umarım|eğer",
     "üzgünüm, ancak|üzgünüm, ama|üzgünüm ama|bu konuda yardımcı olamam"},
    {"id", "jawaban|jawabannya|jawapan|jawapannya", "hasil|hasilnya|solusi",
     "opsi|pilihan", "adalah|ialah|yaitu|yakni", "atau", "ya|benar|betul",
     "tidak|salah|bukan", "bukan|tidak|tak", "catatan|sumber|nota|rujukan",
     "beri tahu|jika anda|apakah anda|semoga|kalau mau",
     "maaf, saya tidak|maaf, tetapi|saya tidak dapat membantu"},
    {"vi", "đáp án|đáp số|câu trả lời|trả lời", "kết quả|lời giải",
     "lựa chọn|phương án", "là|bằng", "hoặc|hay", "có|đúng|phải", "không|sai",
     "không|chưa", "lưu ý|ghi chú|nguồn|chú thích",
     "nếu bạn|bạn có muốn|hãy cho|hy vọng",
     "xin lỗi, tôi không thể|tôi xin lỗi, nhưng|tôi không thể giúp"},
    {"tl", "sagot|kasagutan", "resulta", "opsyon", "ay", "o kaya",
     "oo|totoo|tama", "hindi|mali", "hindi", "tala|paalala|pinagmulan",
     "kung gusto|sabihin mo", ""},
    {"sw", "jibu", "matokeo|suluhisho", "chaguo", "ni", "au", "ndiyo|kweli",
     "hapana|uongo", "si|sio", "kumbuka|chanzo|vyanzo", "niambie|ukitaka", ""},
    {"ru", "ответ|ответом", "результат|итог|итого|решение", "вариант|вариантом",
     "это|равен|равна|равно|является|будет|составляет|есть", "или",
     "да|верно|правда|истина", "нет|неверно|ложь", "не|нет|никогда",
     "примечание|источник|источники|замечание|сноска|важно|проверка",
     "дайте знать|если хотите|если вам|хотите|если нужно|надеюсь",
     "извините, но|простите, но|к сожалению, я не могу|я не могу помочь|я не "
     "могу ответить"},
    {"uk", "відповідь|відповіддю", "результат|підсумок|розв'язок", "варіант",
     "це|дорівнює|становить|є|буде", "або|чи", "так|правда|істина",
     "ні|неправда|хибно", "не|ні|ніколи", "примітка|джерело|джерела|перевірка",
     "дайте знати|якщо|хочете|сподіваюся",
     "вибачте, але|на жаль, я не можу|я не можу допомогти"},
    {"bg", "отговор|отговорът", "резултат|резултатът|решение", "вариант|опция",
     "е|са|възлиза на", "или", "да|вярно", "не|невярно", "не|никога",
     "забележка|източник|източници", "ако искате|кажете|надявам", ""},
    {"sr", "одговор|решење", "резултат", "опција", "је|су|износи", "или",
     "да|тачно", "не|нетачно", "није|никад", "напомена|извор|извори",
     "јавите|ако желите", ""},
    {"el", "απάντηση", "αποτέλεσμα|λύση", "επιλογή", "είναι|ισούται με", "ή",
     "ναι|αληθές|σωστό", "όχι|ψευδές|λάθος", "δεν|όχι|ποτέ",
     "σημείωση|πηγή|πηγές", "αν θέλετε|πείτε|ελπίζω", ""},
    {"ar", "الإجابة|الاجابة|إجابة|الجواب|جواب", "النتيجة|الناتج|الحل", "الخيار",
     "هي|هو|يساوي|تساوي", "أو|او", "نعم|صحيح|صح", "لا|خطأ|غير صحيح|كلا",
     "ليس|ليست|لا|غير", "ملاحظة|ملاحظات|المصدر|المصادر|مصدر",
     "هل تريد|إذا كنت|أخبرني|آمل|إذا أردت",
     "عذراً، لا|عذرًا، لا|آسف، لا|لا أستطيع مساعدتك|لا يمكنني"},
    {"fa", "پاسخ|جواب", "نتیجه|حاصل", "گزینه",
     "برابر است با|برابر با|است|برابر", "یا", "بله|بلی|درست|آری",
     "خیر|نه|نادرست|غلط", "نیست|نه", "یادداشت|توجه|منبع|منابع|نکته",
     "اگر|آیا می", "متأسفم|نمی‌توانم کمک"},
    {"ur", "جواب", "نتیجہ|حل", "آپشن|انتخاب", "ہے|یہ ہے", "یا",
     "ہاں|جی ہاں|درست", "نہیں|غلط", "نہیں", "نوٹ|ماخذ|حوالہ", "اگر آپ|کیا آپ",
     ""},
    {"he", "תשובה|התשובה", "תוצאה|התוצאה|הפתרון", "אפשרות", "היא|הוא|הינה|שווה",
     "או", "כן|נכון", "לא|שגוי", "לא|אינו|אינה", "הערה|הערות|מקור|מקורות",
     "אם תרצה|האם|אשמח", "מצטער, אבל|אני לא יכול לעזור"},
    {"hi", "उत्तर|जवाब", "परिणाम|हल", "विकल्प", "है|हैं|होगा", "या", "हाँ|हां|सही|सत्य",
     "नहीं|गलत|असत्य", "नहीं|गलत", "नोट|टिप्पणी|स्रोत|ध्यान दें|संदर्भ",
     "यदि आप|अगर आप|क्या आप", "क्षमा करें|माफ़ कीजिए|मुझे खेद है"},
    {"mr", "उत्तर", "निकाल", "पर्याय", "आहे|होय", "किंवा", "होय|हो|बरोबर",
     "नाही|चूक", "नाही", "टीप|स्रोत", "तुम्हाला|जर", ""},
    {"bn", "উত্তর|উত্তরটি", "ফলাফল|সমাধান", "বিকল্প", "হল|হলো|হচ্ছে|হবে", "অথবা|বা",
     "হ্যাঁ|সত্য|সঠিক", "না|মিথ্যা|ভুল", "নয়|না|নেই", "দ্রষ্টব্য|নোট|সূত্র|উৎস",
     "আপনি যদি|যদি আপনি", ""},
    {"ta", "பதில்|விடை", "முடிவு", "விருப்பம்", "ஆகும்|என்பது", "அல்லது", "ஆம்|சரி",
     "இல்லை|தவறு", "இல்லை|அல்ல", "குறிப்பு|ஆதாரம்", "நீங்கள்", ""},
    {"te", "సమాధానం|జవాబు", "ఫలితం", "ఎంపిక", "అవుతుంది|అనేది", "లేదా", "అవును|నిజం",
     "కాదు|తప్పు|లేదు", "కాదు|లేదు", "గమనిక|మూలం", "మీరు|మీకు", ""},
    {"gu", "જવાબ|ઉત્તર", "પરિણામ", "વિકલ્પ", "છે", "અથવા", "હા|સાચું", "ના|ખોટું",
     "નથી", "નોંધ|સ્ત્રોત", "જો તમે", ""},
    {"th", "คำตอบ|เฉลย|คำตอบสุดท้าย", "ผลลัพธ์", "ตัวเลือก|ข้อ", "คือ|เท่ากับ|เป็น", "หรือ",
     "ใช่|จริง|ถูก|ถูกต้อง", "ไม่|ไม่ใช่|เท็จ|ผิด", "ไม่", "หมายเหตุ|แหล่งที่มา|อ้างอิง",
     "หากคุณ|ถ้าคุณ", "ขออภัย|ขอโทษ"},
    {"zh", "答案|答|最终结果|最終結果|正确答案|正確答案",
     "结果|結果|总数|總數|解为|解是",
     "选项|選項|选择|選擇|选|選|应选|應選|故选|故選",
     "是|为|為|等于|等於|就是|应为|應為|应该是|應該是", "或|或者|还是|還是",
     "是的|是|对|對|正确|正確|真", "不是|不|否|错|錯|错误|錯誤|假|不对|不對",
     "不|非|没|沒|未",
     "注|注意|备注|備註|来源|來源|注释|說明|说明|出处|参考|參考|提示|验证|驗證|"
     "验算|检验",
     "如果你|如果您|如需|若您|希望|需要我|请告诉|請告訴|是否需要",
     "抱歉|对不起|對不起|很抱歉|我无法|我無法|我不能"},
    {"ja", "答え|答|回答|解答|正解|最終的な答え|こたえ", "結果", "選択肢|選択",
     "は|が|とは", "または|もしくは|あるいは", "はい|真|正しい",
     "いいえ|いや|偽|誤り|正しくない", "ない|ません|ではなく",
     "注|注意|備考|出典|参考|補足|注釈|検算|確認",
     "ご質問|もし|必要であれば|他に",
     "申し訳ありません|申し訳ございません|すみませんが|お手伝いできません"},
    {"ko", "답|정답|답변|해답|최종 답", "결과", "보기|선택지",
     "은|는|이|가|입니다|=", "또는|혹은|이거나", "예|네|참|맞습니다|그렇습니다",
     "아니요|아니오|아닙니다|거짓|틀립니다", "아니|않|못",
     "참고|주의|출처|비고|주|검산|확인", "원하시면|필요하시면|혹시|더 궁금",
     "죄송합니다|죄송하지만|도와드릴 수 없"},
};

// table: words that make the number behind them negative.
constexpr std::string_view kMinusWords[] = {
    "minus", "negative", "moins",  "menos",    "negativo", "meno",
    "минус", "мінус",    "負",     "负",       "マイナス", "âm",
    "eksi",  "negatif",  "ujemne", "마이너스", "ऋण",       "سالب",
    "ناقص",  "μείον",    "mínusz", "miinus",   "mínus"};

// table: scale words behind a number, the longer of two that begin alike first.
constexpr Scale kScales[] = {
    {"hundred", 2},   {"thousand", 3},     {"million", 6},    {"billion", 9},
    {"trillion", 12}, {"quadrillion", 15}, {"lakh", 5},       {"crore", 7},
    {"mn", 6},        {"bn", 9},           {"mio", 6},        {"mrd", 9},
    {"tausend", 3},   {"millionen", 6},    {"milliarden", 9}, {"milliarde", 9},
    {"mille", 3},     {"milliards", 9},    {"milliard", 9},   {"mil", 3},
    {"millones", 6},  {"millón", 6},       {"milhões", 6},    {"milhão", 6},
    {"bilhões", 9},   {"milioni", 6},      {"milione", 6},    {"miliardi", 9},
    {"miljoen", 6},   {"miljard", 9},      {"miljoner", 6},   {"milyon", 6},
    {"milyar", 9},    {"bin", 3},          {"tysięcy", 3},    {"milionów", 6},
    {"miliony", 6},   {"milion", 6},       {"juta", 6},       {"ribu", 3},
    {"triệu", 6},     {"nghìn", 3},        {"tỷ", 9},         {"тысяч", 3},
    {"миллион", 6},   {"миллиард", 9},     {"тыс", 3},        {"млн", 6},
    {"млрд", 9},      {"мільйон", 6},      {"مليون", 6},      {"مليار", 9},
    {"ألف", 3},       {"میلیون", 6},       {"लाख", 5},        {"करोड़", 7},
    {"हज़ार", 3},      {"हजार", 3},         {"ล้าน", 6},        {"พัน", 3},
    {"百万", 6},      {"千万", 7},         {"万亿", 12},      {"万", 4},
    {"萬", 4},        {"億", 8},           {"亿", 8},         {"千", 3},
    {"兆", 12},       {"만", 4},           {"억", 8},         {"천", 3}};

}  // namespace

std::span<const Language> LanguageTable() { return kLanguages; }

std::span<const std::string_view> MinusWords() { return kMinusWords; }

std::span<const Scale> ScaleWords() { return kScales; }

}  // namespace reasonwatch::languages
