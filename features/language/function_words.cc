// SPDX-License-Identifier: Apache-2.0
// Votes of function words for the languages that share an alphabet.
//
// A word in the list of one language alone gives it three points; a word that
// several lists share gives each of them one. The lists are merged into one
// hash table at the first use; an entry holds a bit for each list, so a word
// costs one search.
//
// Order: the lists, the table, the votes.
#include "features/language/function_words.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "features/language/words.h"

namespace reasonwatch {
namespace {

struct WordList {
  std::string_view tag;
  std::string_view words;
};

// table: frequent function words of each language
//
// Function words do not depend on the subject of a text, as content words do. A
// word may be in several lists.
constexpr WordList kLists[] = {
    {"en",
     "the of and to in is that for it with as was are be this have from or had "
     "by but not you which we can if their they his her she he at on an were "
     "has will would there when what who your so let because then than its i "
     "these those could should do does did my our how where while also"},
    {"de",
     "der die das und ist nicht ein eine einen einem einer den dem des zu mit "
     "für auf von sich auch es werden wird wir ich sie er wie bei oder als "
     "nach durch sind hat haben kann dass aber um aus wenn nur noch im zum zur "
     "am vom über diese dieser dieses sein ihre man so können was beim"},
    {"fr",
     "le la les de des du et est un une dans pour que qui pas sur avec plus "
     "par ce cette ces il elle nous vous ils ne se sont au aux ou mais comme "
     "leur être a été peut votre notre sa son ses si donc où très je en c'est "
     "d'un d'une qu'il l'on n'est même entre ainsi"},
    {"es",
     "el la los las de del y en que es un una por con para no se su al lo como "
     "más pero sus le ya o este esta estos estas sí porque entre cuando muy "
     "sobre también me hasta hay donde desde todo nos durante uno ni son "
     "ser está puede pueden fue ha sea cada usted tu si"},
    {"pt",
     "o a os as de do da dos das e em que é um uma para com não no na nos nas "
     "por mais se como mas foi ao ele ela seu sua ou ser quando muito há já "
     "está eu também só pelo pela até isso entre era depois sem mesmo aos seus "
     "suas são pode podem você uns umas este esta nós à às"},
    {"it",
     "il lo la i gli le di del della dei delle e è un una che in non per con "
     "si da come sono più ma anche al alla nel nella dal dalla ha questo "
     "questa questi queste o se ci su sul sulla essere può loro suo sua tra "
     "quando molto perché degli ai alle dell'acqua l'uso cui ogni così"},
    {"nl",
     "de het een en van is dat in te niet op met voor zijn er aan ook als bij "
     "maar om uit dan door over ze wordt worden naar kan hebben deze dit die "
     "heeft of hun je wij we ik hij zo nog wel meer was waar welke veel u"},
    {"sv",
     "och att det som är en ett på av för med den till inte har de om ett han "
     "hon vi jag du kan från eller men var så när ska också detta dessa vid "
     "blir där mycket under mellan efter bara sig finns genom alla"},
    {"da",
     "og at det som er en et på af for med den til ikke har de om jeg du kan "
     "fra eller men var så når skal også dette disse ved bliver hvor meget "
     "under mellem efter kun sig blev der hvis vil være"},
    {"no",
     "og å det som er en et på av for med den til ikke har de om jeg du kan "
     "fra eller men var så når skal også dette disse ved blir hvor mye under "
     "mellom etter bare seg ble der hvis vil være"},
    {"fi",
     "ja on ei se että joka ovat oli mutta kun niin myös tai hän ne voi olla "
     "kuin jos ole minä sinä me te he tämä nämä jotka siitä sekä ennen "
     "kanssa sitten vain vielä joten esimerkiksi"},
    {"pl",
     "i w na z do że się nie jest to jak o po za od dla przez ale czy są być "
     "oraz przy może tak tym który która które jego jej ich też lub tego co "
     "już tylko gdy bardzo można aby między ten ta te"},
    {"cs",
     "a v na je se že s z do to jako po za od pro ale jsou být nebo také jak "
     "který která které při by jeho jejich může tak když než už jen aby mezi "
     "ve ze k i není co této tento"},
    {"sk",
     "a v na je sa že s z do to ako po za od pre ale sú byť alebo tiež ktorý "
     "ktorá ktoré pri by jeho ich môže tak keď než už len aby medzi vo zo k i "
     "nie čo tento"},
    {"hu",
     "a az és hogy nem is egy ez meg csak de mint már vagy ha van volt lehet "
     "ki mi még azt ezt el kell minden után amely ami aki között nagyon össze "
     "így akkor vannak"},
    {"ro",
     "și de la în a cu pe pentru nu este sunt că din care o un să mai ca al ai "
     "ale sau prin dar fi fost cum lor dacă poate aceasta acest această între "
     "după foarte îi le se își către"},
    {"tr",
     "ve bir bu için ile da de olarak daha çok en gibi olan ne kadar sonra "
     "ancak veya ama değil her var yok ise ki o şu ben sen biz siz onlar "
     "olduğu "
     "göre tarafından üzerinde nasıl önemli böyle"},
    {"id",
     "yang dan di dengan untuk pada dari ini itu adalah dalam tidak akan "
     "sebagai oleh ke juga atau dapat bisa karena saya anda kami kita mereka "
     "ada lebih telah sudah bahwa secara dia tersebut seperti antara hanya"},
    {"ms",
     "yang dan di dengan untuk pada dari ini itu adalah dalam tidak akan "
     "sebagai oleh ke juga atau dapat boleh kerana saya anda kami kita mereka "
     "ada lebih telah sudah bahawa secara dia tersebut seperti antara hanya"},
    {"tl",
     "ang ng sa na mga at ay hindi ito para kung may ko mo siya niya ako ikaw "
     "kami sila namin nila dahil pero kapag upang isang maaari din rin lamang "
     "mas bilang"},
    {"vi",
     "và của là có trong một các cho không được người với những này đã để khi "
     "từ như về cũng đó tôi bạn chúng nhiều thể sẽ vào ra hay hoặc nếu thì "
     "trên sự việc đến hơn tại bởi nhưng"},
    {"hr",
     "i u je na se da su za s od što kao nije ili ali koji koja koje iz po do "
     "bi biti sve te samo kako može ovaj ova ovo između nakon kada već više "
     "njegov mogu jer"},
    {"ca",
     "el la els les de del i en que és un una per amb no es al com més però "
     "aquest aquesta aquests també són seva seu pot dels ha o si entre quan "
     "molt sense hi ser on"},
    {"sw",
     "ya na wa kwa ni katika la za hii huo huu kuwa cha hiyo au pia kama "
     "wakati lakini sana watu ambayo hizi yake zaidi baada kutoka"},
    {"ru",
     "и в не на что с по это как к но из у за от то для так же или он она они "
     "мы вы я бы если его её их когда только может при также который которые "
     "является чтобы ещё нет уже было быть где более между о"},
    {"uk",
     "і в не на що з по це як до але із у за від то для так же або він вона "
     "вони ми ви я би якщо його її їх коли тільки може при також який які є "
     "щоб ще ні вже було бути де та між про"},
    {"bg",
     "и в не на че с по това как към но от за да се е или той тя те ние вие аз "
     "бъде ако му им когато само може при също който която които са още вече "
     "беше където между до като един една"},
    {"ar",
     "في من على إلى أن هذا هذه التي الذي مع عن كان لا ما هو هي أو بين كما قد "
     "بعد كل ذلك تم حيث غير عند يمكن أي لم إن ثم خلال و"},
    {"fa",
     "و در به از که این را با است برای آن یک می بر تا شود شده های هم ها خود "
     "یا اما کند باید نیز هستند بود ما شما"},
    {"ur",
     "کے کی میں ہے کا اور سے کو پر نے یہ کہ ہیں ہو اس ایک بھی نہیں جو تھا کر "
     "لیے وہ ان تو ہم آپ گیا"},
    {"hi",
     "के की में है का और से को पर ने यह कि हैं हो इस एक भी नहीं जो था कर लिए "
     "वह उन तो हम आप करने होता या"},
    {"mr",
     "आणि आहे या हे ते की च्या मध्ये नाही तर एक आहेत साठी करण्यासाठी होते "
     "त्या मी आपण किंवा पण हा ही व"},
};
static_assert(std::size(kLists) <= 32);

// Maps the hash of a word to the lists that hold it, a bit each. Open
// addressing; most words of a text are not in the table.
class Table {
 public:
  static const Table& Get() {
    static const Table& table = *new Table;
    return table;
  }

  uint32_t ListsOf(uint64_t hash) const {
    size_t at = hash % kSlots;
    while (slots_.data()[at].lists != 0) {
      if (slots_.data()[at].hash == hash) return slots_.data()[at].lists;
      at = (at + 1) % kSlots;
    }
    return 0;
  }
  // Returns the bits of the languages that are written in `script`.
  uint32_t WrittenIn(CharacterClass script) const {
    return scripts_[static_cast<size_t>(script)];
  }

 private:
  Table() {
    for (size_t i = 0; i < std::size(kLists); ++i) {
      std::string_view rest = kLists[i].words;
      while (!rest.empty()) {
        const size_t end = rest.find(' ');
        Add(WordHash(rest.substr(0, end)), uint32_t{1} << i);
        rest = end == std::string_view::npos ? std::string_view()
                                             : rest.substr(end + 1);
      }
      for (size_t script = 0; script < kCharacterClassCount; ++script)
        if (IsWrittenIn(LanguageFromTag(kLists[i].tag),
                        static_cast<CharacterClass>(script)))
          scripts_[script] |= uint32_t{1} << i;
    }
  }
  void Add(uint64_t hash, uint32_t list) {
    size_t at = hash % kSlots;
    while (slots_[at].lists != 0 && slots_[at].hash != hash)
      at = (at + 1) % kSlots;
    slots_[at].hash = hash;
    slots_[at].lists |= list;
  }

  struct Slot {
    uint64_t hash = 0;
    uint32_t lists = 0;  // 0 = an empty slot
  };
  // More than three times the number of words, so that a miss ends soon.
  static constexpr size_t kSlots = 4096;
  std::array<Slot, kSlots> slots_{};
  std::array<uint32_t, kCharacterClassCount> scripts_{};
};

uint8_t LanguageOf(size_t list) {
  static const std::array<uint8_t, std::size(kLists)> kCodes = [] {
    std::array<uint8_t, std::size(kLists)> made{};
    for (size_t i = 0; i < made.size(); ++i)
      made[i] = LanguageFromTag(kLists[i].tag);
    return made;
  }();
  return kCodes[list];
}

}  // namespace

void FunctionWordVotes::Add(std::string_view word) {
  const uint32_t lists = Table::Get().ListsOf(WordHash(word));
  if (lists == 0) return;
  // A word of one language alone is worth more than one that several share.
  const uint16_t points = (lists & (lists - 1)) == 0 ? 3 : 1;
  for (uint32_t rest = lists; rest != 0; rest &= rest - 1)
    points_[static_cast<size_t>(std::countr_zero(rest))] += points;
}

uint8_t FunctionWordVotes::Winner(CharacterClass script, bool by_far) const {
  // The winner needs for example two words of its own and two shared ones (8
  // points), and twice the points of any language that it is not confused with.
  // `by_far` demands three times and twice as much.
  const int enough = by_far ? 24 : 8;
  const int factor = by_far ? 4 : 2;
  const uint32_t written = Table::Get().WrittenIn(script);
  size_t best = 0;
  int most = 0;
  for (uint32_t rest = written; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(rest));
    if (points_[i] > most) {
      best = i;
      most = points_[i];
    }
  }
  if (most < enough) return kUnknownLanguage;
  for (uint32_t rest = written; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(rest));
    if (points_[i] * factor > most &&
        !Confusable(LanguageOf(i), LanguageOf(best)))
      return kUnknownLanguage;
  }
  return LanguageOf(best);
}

bool FunctionWordVotes::Support(uint8_t language) const {
  // For example one word of its own and one shared word.
  constexpr int kEnough = 4;
  int own = 0;
  int others = 0;
  for (size_t i = 0; i < std::size(kLists); ++i) {
    int& most = Confusable(LanguageOf(i), language) ? own : others;
    most = std::max<int>(most, points_[i]);
  }
  return own >= kEnough && own >= 2 * others;
}

bool FunctionWordVotes::Contradict(uint8_t language) const {
  bool others = false;
  bool listed = false;
  for (size_t i = 0; i < std::size(kLists); ++i) {
    if (Confusable(LanguageOf(i), language)) {
      if (points_[i] > 0) return false;
      listed = true;
    } else {
      others |= points_[i] > 0;
    }
  }
  return listed && others;
}

}  // namespace reasonwatch
