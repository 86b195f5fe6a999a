// SPDX-License-Identifier: Apache-2.0
// Beside the negations, the words of requests: a language more or fewer here
// changes only which frames are never learnt, since a word that nobody has
// listed is no wrapping either. First these rows, then the beginnings of roles.
#include "baseline/matching/frame_vocabulary.h"

namespace reasonwatch {
namespace {

using K = FrameWord;

// table: negations and words of requests.
constexpr FrameRow kRows[] = {
    // Not, in all of them.
    {K::kNot,
     "not no don dont doesn never without nicht kein* ohne nie niemals pas "
     "sans "
     "jamais sin nunca não nem sem non senza niet geen zonder inte ikke utan "
     "uten uden älä ei ilman ne nem nélkül nie bez ne не без ні "
     "değil olmadan yapma δεν μην χωρίς nu fără لا بدون دون לא אל בלי نه बिना "
     "नहीं मत tidak jangan tanpa không đừng 不 不要 别 別 勿 没有 無し ない "
     "なし "
     "말고 않고 없이 마세요 ไม่ อย่า"},
    // Requests about a problem, English first.
    {K::kAbout,
     "translat* rewrit* rephras* paraphras* reword* reformulat* shorten* "
     "summar* simplify simplified harder easier difficult* classif* categor* "
     "tag tagging label topic proofread* spell* grammar* typo* similar another "
     "variation* variant* alternative* different wrong* incorrect* mistake* "
     "error* hint* clue* poem* story stories song joke* quiz* draw* picture* "
     "diagram* repeat* copy echo generat* creat* invent* compos* convert* turn "
     "transform* rate rating grade grading evaluat* critici* critique* improv* "
     "edit fix check* verif* dialogue* younger older kids children title* "
     "headline* keyword* extract* list count estimat* guess* lie lies lying "
     "opposite statement* meaning understand* source* origin* rank* compare* "
     "analyz* analys* discuss* comment* review* outlin* bullet* expand* "
     "lengthen* longer shorter vague formal informal tone style plagiar* "
     "duplicat* parse parsing tokeniz* encod* decod* backward* revers* "
     "uppercase lowercase replac* swap* renam* chang* modif* adapt* adjust* "
     "remov* delet* add adding append* make makes making unsolv* ignor* "
     "disregard* forget refus* pretend skip nothing"},
    {K::kAbout,
     "übersetz* umschreib* umformulier* formulier* paraphrasier* kürz* kürzer* "
     "zusammenfass* vereinfach* schwieriger schwerer leichter einfacher "
     "klassifizier* korrigier* korrektur* rechtschreib* grammatik* ähnlich* "
     "falsch* fehler* hinweis* tipp gedicht* wiederhol* erfinde* erstell* "
     "bewert* überprüf* prüfe* ändere* ändern verbesser* verändere* thema "
     "variante* zeichne* ordne* einordn*"},
    {K::kAbout,
     "tradui* traduction réécri* reformul* raccourci* résum* simplifi* "
     "difficile* facile classe* classif* catégor* corrig* orthographe "
     "grammaire semblable* similaire* faux fausse* erreur* indice poème* "
     "répète* "
     "répéter invente* crée* créer évalue* vérifi* modifi* améliore* change* "
     "variante* dessine* sujet"},
    {K::kAbout,
     "traduc* traduz* reescrib* reescrev* reformul* acorta* acort* encurt* "
     "resum* simplific* difícil* fácil clasific* classific* corrig* corrij* "
     "ortograf* gramátic* similar* parecid* semelhante* equivocad* incorrect* "
     "errad* errónea error* pista poema* repite* repita* repet* inventa* "
     "invent* "
     "crea cree crie criar genera* gere evalúa* avalia* verific* modific* "
     "mejora* "
     "cambia* mude variante* dibuja* desenh* tema parafras*"},
    {K::kAbout,
     "traduci* tradurr* traduzione riscriv* riformul* accorcia* riassum* "
     "semplific* difficile facile classifica* correggi* correzione ortografi* "
     "grammatica* simile simili sbagliat* errat* errore suggerimento poesia "
     "ripeti* inventa* crea* valuta* verifica* modifica* migliora* cambia* "
     "parafrasa* argomento disegna*"},
    {K::kAbout,
     "vertaal* vertalen herschrijf* herformuleer* samenvat* vat inkort* kort* "
     "vereenvoudig* moeilijker makkelijker classificeer* corrigeer* verbeter* "
     "spelling grammatica vergelijkbare* soortgelijk* fout* hint gedicht "
     "herhaal* "
     "verzin* maak bedenk* beoordeel* controleer* verander* översätt* "
     "oversett* "
     "oversæt* omskriv* sammanfatta* sammenfat* förenkla* forenkl* "
     "svårare sværere vanskeligere klassificer* rätta* ret rett liknande "
     "lignende fel forkert feil dikt upprepa* gentag* gjenta* skapa* lag "
     "käännä* muotoile* tiivistä* lyhennä* vaikeam* luokittele* oikolue* "
     "korjaa* "
     "samanlai* väärä* vihje* runo toista* fordíts* fordítsd fogalmazd "
     "rövidítsd nehezebb* osztályozd javítsd hasonló* hibás* rossz tipp vers "
     "ismételd"},
    {K::kAbout,
     "przetłumacz* tłumacz* przepisz* przeformułuj* sparafrazuj* skróć* "
     "streść* podsumuj* uprość* trudniejsz* łatwiejsz* sklasyfikuj* popraw* "
     "gramatyk* ortograf* podobn* błędn* błąd* złą podpowiedź wskazówk* wiersz "
     "powtórz* wymyśl* stwórz* utwórz* oceń* sprawdź* zmień* przelož* přelož* "
     "přepiš* přeformuluj* zkrať* shrň* zjednoduš* těžší* lehčí klasifikuj* "
     "oprav* podobn* špatn* chybn* nápověd* báseň zopakuj* vymysli* vytvoř* "
     "zhodnoť* zkontroluj* změň*"},
    {K::kAbout,
     "переведи* перевод* перепиши* переформулируй* перефразируй* сократи* "
     "упрости* усложни* сложнее легче классифициру* исправь* грамматик* "
     "орфограф* похож* аналогичн* неверн* неправильн* ошибк* ошибочн* "
     "подсказк* "
     "стих* повтори* придумай* создай* составь* сочини* оцени* проверь* "
     "измени* "
     "резюмируй* переклад* перекла* перефразуй* скороти* спрости* ускладни* "
     "складніш* класифіку* виправ* схож* подібн* хибн* помилк* підказк* вірш "
     "створи* вигадай* преведи* преразкажи* съкрати* тема тему"},
    {K::kAbout,
     "çevir* tercüme* yeniden özetle* kısalt* basitleştir* zorlaştır* zor daha "
     "kolay* sınıflandır* düzelt* benzer* yanlış* hata* ipucu şiir* tekrarla* "
     "oluştur* uydur* değerlendir* kontrol değiştir* μετάφρασ* μετέφρασ* "
     "ξαναγράψ* παράφρασ* συντόμευσ* απλοποίησ* δυσκολότερ* ταξινόμησ* "
     "διόρθωσ* παρόμοι* λάθος λανθασμέν* υπόδειξη ποίημα επανάλαβ* δημιούργησ* "
     "άλλαξε traduc* traduceți rescrie* reformulează scurtează rezumă "
     "simplifică clasifică corectează corectează* asemănăt* similară greșit* "
     "indiciu poezie repetă inventează creează modifică"},
    {K::kAbout,
     "ترجم* ترجمة صياغة لخص اختصر بسط أصعب صعوبة أسهل صنف صنّف صحح مشابه* "
     "مماثل* "
     "خاطئ* خطأ تلميح قصيدة كرر أنشئ غير عدل قيم תרגם תרגמי תרגמו נסח שכתב קצר "
     "סכם פשט קשה קלה סווג תקן דומה שגויה שגוי רמז שיר חזור המצא צור שנה ترجمه "
     "بازنویسی خلاصه ساده سخت‌تر دسته‌بندی "
     "تصحیح "
     "مشابه "
     "غلط "
     "اشتباه "
     "راهنمایی "
     "شعر "
     "تکرار بساز تغییر अनुवाद पुनर्लेखन संक्षिप्त सारांश सरल कठिन आसान वर्गीकृत "
     "वर्गीकरण सुधारें समान गलत संकेत कविता दोहराएं बनाएं बदलें"},
    {K::kAbout,
     "terjemah* ulang parafrase* ringkas* persingkat* sederhanakan* sulit "
     "mudah klasifikasi* koreksi* perbaiki* serupa mirip salah petunjuk puisi "
     "ulangi* buat* ciptakan* ubah* dịch lại tóm tắt rút khó dễ "
     "hơn phân loại sửa tương tự sai gợi ý thơ lặp tạo thay đổi"},
    {K::kAbout,
     "翻译 翻譯 译成 譯成 改写 改寫 重写 重寫 缩短 縮短 总结 總結 概括 简化 "
     "簡化 "
     "更难 更難 更容易 难度 難度 分类 分類 校对 校對 语法 語法 错别字 类似 "
     "類似 "
     "相似 错误 錯誤 错 错的 提示 诗 詩 重复 重複 复述 出一道 编 編 生成 创建 "
     "創建 "
     "评价 評價 检查 檢查 修改 改 题意 什么意思 主题 翻訳 訳して 訳せ 書き換え "
     "言い換え 要約 短く 簡単に 難しく 易しく 分類 校正 文法 似た 類題 間違い "
     "間違った 誤った ヒント 詩に 繰り返 作って 作成 変えて 修正 評価 번역* "
     "바꿔* "
     "고쳐* 요약* 줄여* 간단히 어렵게 쉽게 더 분류* 교정* 문법* 비슷한* "
     "유사한* "
     "틀린* 잘못* 오답* 힌트* 시로 반복* 만들어* 생성* 평가* 수정* 변경* แปล "
     "เรียบเรียง "
     "สรุป ย่อ ยากขึ้น ง่ายขึ้น จำแนก แก้ไข คล้าย ผิด คำใบ้ กลอน ทวน สร้าง เปลี่ยน"},
};

// table: beginnings of sentences that give the model a role.
constexpr std::string_view kPersonas[] = {
    "you are ",
    "you're ",
    "you act ",
    "act as ",
    "pretend you ",
    "pretend to be ",
    "imagine you ",
    "acting as ",
    "imagine you are ",
    "behave as ",
    "assume the role of ",
    "take the role of ",
    "play the role of ",
    "your role is ",
    "as an ",
    "as a ",
    "du bist ",
    "sie sind ",
    "stell dir vor, du bist ",
    "tu es ",
    "vous êtes ",
    "agis comme ",
    "eres ",
    "usted es ",
    "actúa como ",
    "você é ",
    "aja como ",
    "atue como ",
    "sei un",
    "lei è ",
    "agisci come ",
    "je bent ",
    "u bent ",
    "du är ",
    "du er ",
    "olet ",
    "te egy ",
    "ön egy ",
    "jesteś ",
    "jsi ",
    "jste ",
    "ты ",
    "вы ",
    "ти ",
    "ви ",
    "sen bir ",
    "siz bir ",
    "είσαι ",
    "ești ",
    "أنت ",
    "אתה ",
    "את ",
    "تو یک ",
    "شما یک ",
    "आप एक ",
    "तुम एक ",
    "anda adalah ",
    "kamu adalah ",
    "bạn là ",
    "你是",
    "您是",
    "你現在是",
    "你现在是",
    "あなたは",
    "당신은 ",
    "너는 ",
    "คุณคือ",
    "คุณเป็น",
};

}  // namespace

std::span<const FrameRow> RequestWords() { return kRows; }

std::span<const std::string_view> PersonaBeginnings() { return kPersonas; }

}  // namespace reasonwatch
