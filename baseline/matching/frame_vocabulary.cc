// SPDX-License-Identifier: Apache-2.0
// A language is a few rows, one for each kind that it has words of; a new one
// needs nothing else. The last rows are for scripts without spaces.
#include "baseline/matching/frame_vocabulary.h"

namespace reasonwatch {
namespace {

using K = FrameWord;

// table: the vocabulary by language; where two languages disagree on a word,
// the row further down wins.
constexpr FrameRow kRows[] = {
    // English
    {K::kFiller,
     "a an the this that these those it its is are be am was i me my we us our "
     "you your yours to of for in on at by with within inside between into "
     "from as and or then so just only now here below above next following "
     "very all any every each some one single carefully thorough* clear* "
     "logical* slow* brief* concise* precise* direct* careful accurate* "
     "polite* "
     "out way us do can could would will should must "
     "may might let s t ll d re m ve want "
     "need like have got sure certain go ahead take deep breath time your turn "
     "own final last end ending begin beginning start together hard "
     "exact exactly simple short through before after about first finally "
     "complete full helpful such quick* mind stuck there everyone much lot "
     "advance kind* systematic* sequential* rigorous* methodical* patiently "
     "high low medium minimal on off max auto role text plain "
     "markdown latex html md txt json yaml body content data message* chat "
     "begin_of_text sentence_begin given along where keep kept needed required "
     "necessary allowed permitted hope doing well says reads goes ready "
     "question's "
     "sent iphone android phone device today under above mentioned stated "
     "shown "
     "ok okay um hmm yo what how s worked "
     "properly neatly fully whole entire up down something kindly quite "
     "really easy tricky tough fun nice urgent* asap anyone else general "
     "generally quickly deep deeply mode subroutine warm freely long ask over "
     "move ready listen "
     "attention pay straight point intermediate hidden"},
    {K::kSolve,
     "solve* solving answer answering respond reply work consider read tackle "
     "try attempt complete handle walk"},
    {K::kFind, "find choose select pick determine provide compute calculate"},
    {K::kGive,
     "give put place write state show return output present include enclose "
     "wrap explain finish report supply deliver mark describe justify indicate "
     "surround print enclos* box boxing circle highlight submit present* fill "
     "know tell enable activate engage"},
    {K::kAnswer,
     "answer answers result results solution solutions response responses"},
    {K::kWork,
     "think thinking thought* reason reasoning steps step work working "
     "explanation* detail* logic derivation rationale analysis cot "
     "nothink reflect* deliberat* effort show_work calculations calculator* "
     "tools ideas idea thoughts chain plan process justification arithmetic "
     "computation computations"},
    {K::kForm,
     "letter letters option options choice choices box boxed boxes bracket* "
     "json tag tags format form formatted number word sentence object field "
     "line key keys fields quotes commentary decimals xml integer integers "
     "rules guidelines notes schema string brackets asterisks constraints "
     "context background requirements"},
    {K::kProblem,
     "example examples problem problems question questions exercise exercises "
     "task tasks puzzle "
     "puzzles riddle riddles query prompt instruction instructions input "
     "math maths mathematics mathematical q prob item stem instruct"},
    {K::kCourtesy,
     "please help homework assignment exam test teacher gave career important "
     "kindly "
     "appreciate* "
     "struggling trouble confused struggle unsure "
     "grateful thx thnx ty luck thank school tomorrow assistance tutor pls "
     "plz"},
    {K::kGreeting,
     "hello hi hey dear greetings thanks thank cheers regards morning evening "
     "afternoon day sincerely"},
    {K::kRole,
     "user human assistant system model ai bot chatbot gpt developer im_user "
     "im_assistant turn client customer speaker inst sys agent student pupil "
     "learner helper "
     "candidate interviewer interviewee host contestant examiner moderator "
     "quizmaster guest tester player panelist respondent person class "
     "professor alexa siri google cortana chatgpt claude gemini copilot grok "
     "deepseek llama mistral qwen bard"},
    {K::kLanguage,
     "english german french spanish italian portuguese dutch swedish danish "
     "norwegian finnish polish czech russian ukrainian turkish greek hungarian "
     "romanian arabic hebrew persian hindi indonesian vietnamese japanese "
     "korean chinese thai latin bengali"},
    {K::kJudged, "correct right best most good"},
    // German
    {K::kFiller,
     "der die das den dem des ein eine einen einem einer es ist sind und oder "
     "dann mit in im ins auf aus für von zu zur zum bei nach als an am nur "
     "jetzt hier unten oben folgende* nächste* sehr alle jede* genau "
     "sorgfältig "
     "kurz klar gründlich deine* dein ihre* ihr mein* du sie ich mir mich uns "
     "wir bitte kannst könntest können könnten würdest sollst vor letzte* "
     "endgültig* zuerst danach am ende zeile vielen dank so diese* dies sich "
     "brauche gib dir zeit knapp ausführlich* verständlich nachvollziehbar "
     "möglichst bitte mal einmal gegeben* untenstehend* obig* folgt unter hab "
     "habe "
     "fertig noch doch"},
    {K::kSolve, "löse* lösen löst beantwort* bearbeit* antworte* lies"},
    {K::kGive,
     "gib geben geben nenn* schreib* zeig* setz* erklär* begründ* notier* "
     "stelle"},
    {K::kAnswer,
     "antwort antworten ergebnis* lösung lösungen endergebnis endantwort* "
     "lösungsweg* rechenweg* rechenschritte"},
    {K::kWork,
     "schritt schritte schritten schrittweise denk* überleg* nachdenken "
     "gedank* "
     "begründung erklärung*"},
    {K::kForm, "buchstabe* option* kästchen format klammern wort satz"},
    {K::kProblem, "aufgabe* frage fragen problem* rätsel textaufgabe*"},
    {K::kCourtesy, "bitte hilf* hilfe helfen hausaufgabe* danke helf*"},
    {K::kGreeting, "hallo guten tag danke vielen moin servus grüße"},
    {K::kLanguage,
     "deutsch* englisch* französisch* spanisch* italienisch* russisch* "
     "polnisch* türkisch* chinesisch* japanisch*"},
    // French
    {K::kFiller,
     "le la les l un une des du de d et ou puis avec en dans à au aux pour par "
     "sur ce cet cette ces est sont il elle je tu vous nous mon ma ta ton "
     "votre "
     "vos ne que seulement uniquement suivant* maintenant ici dessous très "
     "bien tout toute soigneusement clairement brièvement peux pouvez "
     "pourriez pourrais m s final* dernière ligne fin chaque détaillé* merci "
     "beaucoup d avance"},
    {K::kSolve,
     "résous résoudre résolvez réponds répondre répondez lis lisez traite"},
    {K::kGive,
     "donne* donner écri* indique* montre* mets mettez place présente* "
     "justifi* encadre*"},
    {K::kAnswer, "réponse réponses résultat* solution*"},
    {K::kWork,
     "étape étapes raisonn* réfléch* pas explication* détaill* "
     "pense pensez démarche"},
    {K::kForm, "lettre option* choix format boîte mot phrase"},
    {K::kProblem, "problème problèmes question* exercice* énigme tâche*"},
    {K::kCourtesy,
     "plaît svp aide* aider aidez devoir* veuillez merci aid* m'aider"},
    {K::kGreeting, "bonjour salut merci bonsoir cordialement coucou"},
    {K::kLanguage,
     "français* anglais* allemand* espagnol* italien* russe* chinois* "
     "japonais*"},
    // Spanish
    {K::kFiller,
     "favor ayúdame porfa el la los las un una unos de del y o luego con en al "
     "a para por su tu mi "
     "este esta estos es son lo me te se que solo sólo solamente únicamente "
     "siguiente* ahora aquí abajo muy todo toda cada cuidadosamente claramente "
     "brevemente puedes puede podrías podría final última línea fin detallad* "
     "detenidamente primero después antes favor adelanto muchas"},
    {K::kSolve, "resuelv* resolver responde* contesta* lee lea"},
    {K::kGive,
     "da dé das dar escrib* muestr* indica* pon ponga coloca* explica* "
     "proporciona* encierra presenta"},
    {K::kAnswer, "respuesta* resultado* solución soluciones"},
    {K::kWork,
     "trabajo cálculos paso pasos piensa* razon* razonamiento explicación "
     "procedimiento "
     "desarrollo"},
    {K::kForm, "letra opción opciones formato caja recuadro palabra"},
    {K::kProblem,
     "problema problemas pregunta preguntas ejercicio* tarea acertijo*"},
    {K::kCourtesy, "ayuda* ayúda* deberes gracias ayud*"},
    {K::kGreeting, "hola gracias buenos buenas días tardes saludos"},
    {K::kLanguage, "español* inglés* alemán* francés* italiano* ruso chino"},
    // Portuguese
    {K::kFiller,
     "favor seguir pode poderia pra o os as um uma do da dos das no na nos e "
     "ou depois com em ao à para por "
     "seu sua meu minha este esta isto é são me te se que apenas somente só "
     "seguinte* agora aqui abaixo muito todo cada cuidadosamente claramente "
     "brevemente pode poderia final última linha fim detalhad* favor"},
    {K::kSolve, "resolva* resolver responda* responder leia"},
    {K::kGive,
     "dê forneça escreva* mostr* indique coloque* explique apresente"},
    {K::kAnswer, "resposta* resultado* solução soluções"},
    {K::kWork,
     "cálculos contas passo passos pense raciocín* raciocin* explicação"},
    {K::kForm, "letra opção opções alternativa formato palavra"},
    {K::kProblem, "problema* questão questões pergunta* exercício* tarefa"},
    {K::kCourtesy, "ajud* obrigad* lição ajuda preciso"},
    {K::kGreeting, "olá oi obrigad* bom dia boa tarde"},
    {K::kLanguage, "português inglês alemão francês espanhol"},
    // Italian
    {K::kFiller,
     "il lo la i gli le un uno una di del della dei e o poi con in nel al allo "
     "alla a ad per da su tuo tua mio mia questo questa questi è sono mi ti si "
     "che solo soltanto seguente* ora qui sotto molto tutto ogni attentamente "
     "chiaramente brevemente puoi potresti può finale ultima riga fine "
     "dettagliat* prima favore mille tante quest'"},
    {K::kSolve, "risolv* rispond* leggi legga svolgi svolgere"},
    {K::kGive, "dai dare scriv* mostra* indica* metti fornisci spiega* dammi"},
    {K::kAnswer, "risposta risposte risultato risultati soluzione soluzioni"},
    {K::kWork,
     "calcoli svolgimento passo passi passaggi passaggio pensa ragion* "
     "spiegazione"},
    {K::kForm, "lettera opzione opzioni formato parola"},
    {K::kProblem,
     "problema problemi domanda domande esercizio esercizi quesito"},
    {K::kCourtesy, "aiut* compiti prego grazie aiuti"},
    {K::kGreeting, "ciao grazie buongiorno salve buonasera"},
    {K::kLanguage, "italian* inglese tedesco francese spagnolo"},
    // Dutch
    {K::kFiller,
     "kun zou wilt alsjeblieft de het een en of dan met in op aan voor van te "
     "bij als alleen nu hier "
     "hieronder volgende* zeer heel alle elke zorgvuldig kort duidelijk je "
     "jouw "
     "jij u uw mijn ik me mij kun kunt kan wil zou laatste regel einde eerst "
     "deze dit is zijn goed eens uiteindelijk* alstublieft veel"},
    {K::kSolve, "los op beantwoord* antwoord lees"},
    {K::kGive, "geef geven schrijf* toon laat zien zet noem leg uit plaats"},
    {K::kAnswer,
     "antwoord antwoorden resultaat oplossing eindantwoord uitkomst"},
    {K::kWork,
     "stap stappen denk nadenken redeneer* redenering uitleg na "
     "berekening*"},
    {K::kForm, "letter optie opties kader formaat woord"},
    {K::kProblem,
     "opgave opgaven vraag vragen probleem vraagstuk raadsel opdracht"},
    {K::kCourtesy, "alsjeblieft help hulp huiswerk bedankt helpen hiermee"},
    {K::kGreeting, "hallo hoi dag bedankt dank"},
    {K::kLanguage, "nederlands engels duits frans spaans"},
    // Swedish, Danish, Norwegian
    {K::kFiller,
     "den det denne dette de en ett et och og eller med i på av af för for "
     "till til som är "
     "er endast kun bare nu nå här her nedan nedenfor følgende* följande* "
     "mycket "
     "meget noggrant grundigt kort tydligt din ditt dit dine min mitt jag jeg "
     "du vi mig meg kan kunne skulle vil sista siste sidste rad linje slut "
     "slutlig* endelig* till vänligen så gerne gärna"},
    {K::kSolve, "lös løs lös* løse svara svar besvar* läs les læs"},
    {K::kGive,
     "ge giv gi ange skriv* visa vis sätt sæt sett förklara forklar*"},
    {K::kAnswer, "svar svaret svaren resultat* lösning* løsning* slutsvar*"},
    {K::kWork, "steg trin trinn tänk tenk tænk resonera resonner* förklaring"},
    {K::kForm, "bokstav* bogstav* alternativ* ord format ruta"},
    {K::kProblem,
     "problem problemet fråga frågan uppgift* opgave* oppgave* spørgsmål* "
     "spørsmål* gåta"},
    {K::kCourtesy,
     "hjälp* hjelp* hjælp* tack tak takk läxa vänlig* vær så snill hjælpe"},
    {K::kGreeting, "hej hei tack takk tak goddag"},
    {K::kLanguage, "svenska dansk norsk engelska engelsk tyska"},
    // Finnish, Hungarian
    {K::kFiller,
     "ja tai vain nyt tässä alla seuraava* huolellisesti lyhyesti selkeästi "
     "sinun minun lopullinen lopuksi viimeinen tämä a az egy és vagy csak most "
     "itt alább következő* alábbi* nagyon gondosan röviden végső utolsó ezt ez "
     "meg a "
     "majd"},
    {K::kSolve, "ratkais* vastaa* lue oldd oldja megold* válaszol* olvasd"},
    {K::kGive, "anna kirjoita näytä selitä esitä add adja írd írja mutasd"},
    {K::kAnswer,
     "vastaus* vastauksen tulos ratkaisu* válasz választ válaszod* eredmény* "
     "megoldás*"},
    {K::kWork,
     "vaihe* vaiheittain askel askeleelta ajattele mieti perustel* lépés* "
     "lépésről lépésre gondol* gondolkod* indoklás* magyarázat*"},
    {K::kProblem, "tehtävä* kysymy* ongelma* feladat* kérdés* probléma*"},
    {K::kCourtesy,
     "kiitos ole hyvä auta* apua kérlek kérem segíts* köszön* auttaa segít*"},
    {K::kGreeting, "hei moi kiitos szia köszönöm üdv"},
    {K::kLanguage, "suomeksi englanniksi magyarul angolul németül"},
    // Polish, Czech, Slovak
    {K::kFiller,
     "możesz mógłbyś mogłabyś możecie czy můžeš můžete i a lub oraz z ze w we "
     "na do od dla po przez jako tylko teraz tutaj "
     "poniższ* następując* bardzo dokładnie uważnie krótko jasno swój swoje "
     "swoją twój twoja mój moje to ten ta jest są mi ci na końcu końcow* "
     "ostateczn* ostatni* nebo s se v ve k ke pro jen jenom pouze nyní zde "
     "následující* velmi pečlivě stručně svou svůj tento tuto je jsou konečn* "
     "každ* wszystk* proste nejprve najpierw potem"},
    {K::kSolve,
     "rozwiąż* rozwiązać odpowiedz odpowiadaj przeczytaj vyřeš* řeš* odpověz* "
     "přečti* vyrieš* odpovedz"},
    {K::kGive,
     "podaj podać napisz pokaż wypisz umieść zapisz wyjaśnij uveď* napiš* "
     "ukaž* zapiš* vysvětli* dej"},
    {K::kAnswer,
     "odpowiedź odpowiedzi odpowiedzią wynik* rozwiązanie rozwiązania odpověď "
     "odpovědi výsledek výsledku řešení odpoveď"},
    {K::kWork,
     "krok kroku kroki krokach kroky pomyśl myśl* rozumow* uzasadn* přemýšlej* "
     "uvažuj* myslete postup* krokom wyjaśnienie*"},
    {K::kForm, "literę litera opcj* format słowo písmeno možnost* ramce"},
    {K::kProblem,
     "zadani* zadaniem pytani* problem problemu úloha úlohu otázk* příklad "
     "zagadk*"},
    {K::kCourtesy,
     "proszę prosím pomóż pomoc pomoz* pomozte dziękuję děkuj* dzięki "
     "domow* domácí* úkol* pomóż* pomoż* pomoct pomóc"},
    {K::kGreeting,
     "cześć dziękuję dzień dobry witaj ahoj dobrý den děkuji díky"},
    {K::kLanguage, "polsku angielsku niemiecku česky anglicky německy"},
    // Russian, Ukrainian, Bulgarian
    {K::kFiller,
     "этой этого этим этих можно можешь могли и или а в во на с со к по для из "
     "от за как только теперь сейчас здесь "
     "ниже следующ* приведенн* приведённ* очень внимательно тщательно кратко "
     "ясно подробно свой своё свою твой ваш ваша мой это этот эту эти мне нам "
     "пожалуйста можешь можете мог могли ты вы я окончательн* итогов* последн* "
     "строк* конц* затем потом сначала кажд* та або й у з до від тільки зараз "
     "тут нижче наступн* дуже уважно коротко свій цю це мені остаточн* кінцев* "
     "внутри бы сделай виде будь"},
    {K::kSolve,
     "реши* решите решить ответь* отвечай* ответьте прочитай* прочти розв'яж* "
     "розв яжи яжіть дай дайте відповідай* прочита* реши отговор* прочети"},
    {K::kGive,
     "дай дайте напиши* укажи* покажи* запиши* помести* приведи* объясни* "
     "вкажи* поясни* выведи* обоснуй* заключи*"},
    {K::kAnswer,
     "ответ ответа ответом ответы результат* решени* відповід* розв'язок "
     "язання "
     "язок отговор отговора решение"},
    {K::kWork,
     "шаг шага шагам шаги шагом пошагов* думай* подумай* рассужд* размышл* "
     "объяснени* крок кроком кроки покроково міркуй* подумайте стъпк* мисл*"},
    {K::kForm, "букв* вариант* варіант* формат* рамк* слов* слово"},
    {K::kProblem,
     "задач* вопрос* задани* упражнени* проблем* завдання питання запитання "
     "головоломк* въпрос*"},
    {K::kCourtesy,
     "пожалуйста помоги* помочь помощь помогите спасибо домашн* ласка "
     "допоможи* дякую "
     "моля помогни помог* помож*"},
    {K::kGreeting,
     "привет здравствуй* спасибо добрый день вечер привіт дякую "
     "здравей* благодаря"},
    {K::kLanguage,
     "русск* английск* немецк* українськ* англійськ* испанск* "
     "французск* китайск*"},
    // Turkish
    {K::kFiller,
     "edebilir yapabilir verir lütfen hangi ve veya ile için bir bu şu o "
     "sadece yalnızca şimdi burada aşağıdaki* çok "
     "dikkatli* dikkatlice kısaca açıkça senin benim son olarak önce sonra ol "
     "her nihai bana et edin içinde misin mısın misiniz mısınız lütfen verilen "
     "aşağıda* dikkatle"},
    {K::kSolve,
     "çözebil* çöz çözün çözünüz çözer cevapla* yanıtla* oku okuyun"},
    {K::kGive, "ver verin yaz yazın yazınız göster* belirt* açıkla* sun"},
    {K::kAnswer,
     "cevap cevabı cevabını cevabınızı yanıt yanıtı yanıtını sonuç sonucu "
     "sonucunu çözüm* çözümü"},
    {K::kWork, "adım adımlar* düşün düşünerek düşünün akıl yürüt* açıklama*"},
    {K::kForm, "harf* seçenek* şık* kutu* kelime format*"},
    {K::kProblem,
     "problem problemi soru soruyu sorun* sorular* ödev* alıştırma* "
     "görev*"},
    {K::kCourtesy, "lütfen yardım* yardımcı teşekkür* ödev* yardıma"},
    {K::kGreeting, "merhaba selam teşekkürler günaydın"},
    {K::kLanguage, "türkçe ingilizce almanca fransızca"},
    // Greek, Romanian
    {K::kFiller,
     "ο η το οι τα του της των τον την ένα μια και ή με σε στο στη στην για "
     "από "
     "ως μόνο τώρα εδώ παρακάτω ακόλουθ* πολύ προσεκτικά σύντομα καθαρά σου "
     "μου "
     "τελικ* κάθε αυτό και apoi cu în pe la din pentru doar numai acum aici "
     "următoa* foarte atent scurt clar tău ta mea acest această este și sau "
     "finală final mai de jos îmi te rog"},
    {K::kSolve,
     "λύσε λύστε απάντησε απαντήστε διάβασε rezolv* răspund* citește"},
    {K::kGive,
     "δώσε δώστε γράψε γράψτε δείξε βάλε εξήγησε dă dați scrie* arată pune "
     "explică oferă"},
    {K::kAnswer,
     "απάντηση απάντησή απαντήσεις αποτέλεσμα λύση răspuns* rezultat* "
     "soluți*"},
    {K::kWork,
     "βήμα βήματα σκέψου σκεφτείτε συλλογισμό* αιτιολόγηση pas pași gândește* "
     "raționa* explicați*"},
    {K::kProblem,
     "πρόβλημα ερώτηση άσκηση problemă problema întrebar* exercițiu*"},
    {K::kCourtesy,
     "παρακαλώ βοήθησε βοήθεια ευχαριστώ ajută* mulțum* rog temă βοηθήσ*"},
    {K::kGreeting, "γεια γειά καλημέρα ευχαριστώ bună salut mulțumesc"},
    {K::kLanguage, "ελληνικά αγγλικά română engleză germană"},
    // Arabic, Hebrew, Persian
    {K::kFiller,
     "عن ال يمكنك في من على إلى و ثم أو هذا هذه هو هي مع فقط الآن هنا أدناه "
     "التالي التالية "
     "جدا بعناية بوضوح باختصار النهائي النهائية داخل بعد قبل كل لك لي שלך שלי "
     "את ה של ב על עם רק עכשיו כאן הבא הבאה מאוד בזהירות בקצרה הסופית הסופי או "
     "ואז זה זו בתוך לי در از به با را و یا سپس این آن فقط اکنون اینجا زیر "
     "بسیار دقت خود نهایی هر کن کنید بده دهید"},
    {K::kSolve, "حل حلّ أجب اجب اقرأ פתור פתרו פתרי ענה ענו קרא پاسخ بخوان"},
    {K::kGive, "اكتب أعط اعط ضع اشرح أظهر قدم כתוב תן הצג הסבר שים بنویس نشان"},
    {K::kAnswer,
     "الإجابة إجابة إجابتك الجواب جواب جوابك النتيجة الحل תשובה התשובה תשובתך "
     "הפתרון פתרון התוצאה پاسخ جواب نتیجه "
     "راه‌حل"},
    {K::kWork,
     "خطوة بخطوة خطوات فكر التفكير الاستدلال צעד אחר צעדים חשוב שלב שלבים "
     "נימוק "
     "גام گام مرحله فکر استدلال"},
    {K::kProblem,
     "المسألة مسألة السؤال سؤال المشكلة التمرين الواجب השאלה שאלה הבעיה בעיה "
     "התרגיל مسئله مساله سؤال پرسش تمرین سوال"},
    {K::kCourtesy,
     "فضلك رجاء الرجاء يرجى ساعدني مساعدة شكرا בבקשה עזור עזרה תודה "
     "לא لطفا لطفاً کمک متشکرم"},
    {K::kGreeting, "مرحبا أهلا السلام شكرا שלום תודה سلام ممنون"},
    {K::kLanguage,
     "بالعربية بالإنجليزية العربية الإنجليزية בעברית באנגלית فارسی "
     "انگلیسی"},
    // Hindi
    {K::kFiller,
     "को का की के में से पर और या फिर एक यह ये इस है हैं केवल सिर्फ अब यहाँ नीचे "
     "निम्नलिखित बहुत ध्यान ध्यानपूर्वक संक्षेप अपना अपने अपनी मेरा मेरी मुझे आप "
     "अंतिम आखिरी करें करो कीजिए दें दो दीजिए गए दिए लिए साथ अंत"},
    {K::kSolve, "हल उत्तर जवाब पढ़ें सुलझाएं"},
    {K::kGive, "लिखें लिखो दिखाएं दिखाएँ बताएं बताएँ समझाएं रखें"},
    {K::kAnswer, "उत्तर जवाब परिणाम समाधान हल"},
    {K::kWork, "चरण चरणों चरणबद्ध कदम दर सोचें सोचो सोचिए तर्क व्याख्या"},
    {K::kProblem, "समस्या प्रश्न सवाल प्रश्नों अभ्यास गणित"},
    {K::kCourtesy, "कृपया मदद सहायता धन्यवाद गृहकार्य"},
    {K::kGreeting, "नमस्ते नमस्कार धन्यवाद शुक्रिया"},
    {K::kLanguage, "हिंदी हिन्दी अंग्रेज़ी अंग्रेजी"},
    // Indonesian, Malay, Vietnamese
    {K::kFiller,
     "yang di ke dari dan atau lalu dengan untuk pada dalam hanya sekarang "
     "sini bawah berikut* ini itu sangat cermat teliti singkat jelas anda kamu "
     "saya akhir terakhir demi secara và hoặc rồi với trong cho của ở chỉ bây "
     "giờ đây dưới sau này rất cẩn thận ngắn gọn rõ ràng bạn tôi cuối cùng "
     "từng theo một hãy mình là đó giúp kỹ"},
    {K::kSolve,
     "selesaikan* jawab* pecahkan* baca* kerjakan* giải trả lời đọc"},
    {K::kGive,
     "berikan tulis* tuliskan tunjukkan jelaskan letakkan đưa ra viết "
     "trình bày ghi đặt thích"},
    {K::kAnswer, "jawaban* hasil* solusi* đáp án kết quả"},
    {K::kWork,
     "langkah* berpikir* pikir* pikirkan penalaran bước suy nghĩ luận "
     "lập"},
    {K::kProblem,
     "soal pertanyaan masalah latihan tugas bài toán câu hỏi tập vấn "
     "đề"},
    {K::kCourtesy,
     "tolong mohon bantu* terima kasih harap làm ơn xin cảm vui "
     "lòng"},
    {K::kGreeting, "halo hai terima chào cảm selamat"},
    {K::kLanguage, "indonesia inggris tiếng việt anh bahasa"},
    // Chinese
    // Words of help and thanks in the spelling of messages, and languages of
    // which few words are enough.
    {K::kCourtesy,
     "weiterhelf* dúvida* domashk* домашк* препод* спс плиз "
     "пожал* "
     "pomożesz kartkówk* sprawdzian* uppgift* tentamen hjälp* hjelp* pomôž* "
     "patulong tulong saidia naomba সাহায্য* मदद exam dm devoir* giúp"},
    {K::kGreeting,
     "vlw vg lg mfg slt stp svp bjr tks thnks ty tysm asante salamat ধন্যবাদ "
     "shukriya dhanyavad bhai yaar teşekkürler kösz спасибо förhand alvast "
     "antemano anticipo avance advance voraus заранее"},
    {K::kSolve, "sagutan sagutin উত্তর solucion* resolv*"},
    {K::kProblem, "swali maswali tanong প্রশ্ন* প্রশ্নটির sawal savaal"},
    {K::kFiller,
     "lifuatalo yafuatayo tafadhali নিচের নীচের দাও দিন consegue isso pra mim "
     "på jutro amanhã demain demani morgen завтра"},
    {K::kFiller,
     "请 請 把 将 將 你 您 的 地 得 在 里 裡 中 并 並 和 或 然后 然後 再 用 以 "
     "给 "
     "給 我 以下 下面 下列 上面 这 這 道 个 個 题 只 只需 只要 仅 僅 最后 最後 "
     "最终 "
     "最終 仔细 仔細 认真 認真 简洁 简要 清楚 一下 来 來 了 是 放 放入 入 中 "
     "到 框 内 內 "
     "进行 "
     "進行 先 逐 步 一步一步 一步步 时 時 需要 可以 能 吗 嗎 帮 幫 所 有 每 第 "
     "于 "
     "按 按照 直接 这个 這個 完整 详细 詳細 我的 好"},
    {K::kSolve,
     "解答 解决 解決 解 求解 回答 作答 答 阅读 閱讀 解题 完成 思考并回答"},
    {K::kGive,
     "写出 寫出 写 寫 给出 給出 输出 輸出 说明 說明 展示 列出 解释 解釋"},
    {K::kAnswer, "答案 结果 結果 解答 回答 回复 回覆 最终答案 最終答案"},
    {K::kWork,
     "推理 思考 步骤 步驟 逐步 过程 過程 理由 一步一步 分步 推导 思路"},
    {K::kForm, "字母 选项 選項 格式 形式 方框 标签"},
    {K::kProblem,
     "问题 問題 题目 題目 题 習題 习题 数学 數學 任务 任務 题干 用户 "
     "用戶 问 問 应用题"},
    {K::kCourtesy, "谢谢 謝謝 帮忙 幫忙 帮助 麻烦 作业 作業 感谢"},
    {K::kGreeting, "你好 您好 谢谢 謝謝 大家好"},
    {K::kRole, "助手 系统 系統 用户"},
    {K::kLanguage, "中文 英文 英语 英語 汉语 德语"},
    // Japanese
    {K::kFiller,
     "ごとに ずつ みて ください。 くれ 次 以下 の を に は が で と て も から "
     "まで ください 下さい して する "
     "し "
     "せよ なさい その この これ それ ます です だけ のみ さい また そして "
     "では "
     "最後 最終 必ず 丁寧 簡潔 中 囲んで 囲み 入れて ましょう お 願い いたし "
     "いて "
     "った れた わからない 分からない わかりません ので よく ながら ずつ つ 一 "
     "形 示し まず"},
    {K::kSolve, "解いて 解き 解け 答えて 答えよ 答え 読んで 読み"},
    {K::kGive, "書いて 示して 出力 述べて 教えて 記入"},
    {K::kAnswer, "答え 解答 回答 結果 最終的な"},
    {K::kWork,
     "ステップ 段階 考えて 考え 思考 推論 順 説明 理由 途中 過程 "
     "順を追って バイ"},
    {K::kForm, "選択肢 記号 形式 文字"},
    {K::kProblem, "問題 質問 課題 問い 設問 練習 数学"},
    {K::kCourtesy, "お願い ありがとう ございます 宿題 手伝って 助けて どうか"},
    {K::kGreeting, "こんにちは こんばんは ありがとう"},
    {K::kLanguage, "日本語 英語"},
    // Korean
    {K::kFiller,
     "보세요 보시오 답해 주실 수 있나요 다음* 아래* 이 그 을 를 은 는 의 에 로 "
     "으로 그리고 만 오직 지금 여기 "
     "매우 "
     "신중* 주의* 간결* 명확* 당신* 너의 나의 내 최종* 마지막* 하세요 하십시오 "
     "해 "
     "주세요 주십시오 해주세요 하고 하여 해라 하나씩 차근차근 안에 한 좀 것"},
    {K::kSolve,
     "풀어* 푸세요 푸시오 풀이* 풀고 해결* 답하* 답해* 대답* 읽고 읽어*"},
    {K::kGive, "작성* 쓰세요 써* 적어* 제시* 출력* 설명* 보여* 알려*"},
    {K::kAnswer, "답 답을 답은 답만 정답* 답변* 결과* 해답*"},
    {K::kWork, "단계* 단계별* 생각* 추론* 사고* 과정* 이유*"},
    {K::kForm, "글자* 선택지* 보기* 형식* 상자*"},
    {K::kProblem, "문제* 질문* 과제* 수학* 연습*"},
    {K::kCourtesy, "부탁* 도와* 감사* 숙제* 제발 고맙*"},
    {K::kGreeting, "안녕* 감사* 고마워*"},
    {K::kLanguage, "한국어* 영어*"},
    // Thai
    {K::kFiller,
     "ที่ ของ ใน และ หรือ แล้ว ให้ ไป นี้ ต่อไป ต่อไปนี้ จง โปรด กรุณา อย่าง ละเอียด "
     "ทีละ คุณ ฉัน ด้วย โดย ครับ ค่ะ สุดท้าย เป็น เท่านั้น ข้างล่าง รอบคอบ"},
    {K::kSolve, "แก้ ตอบ อ่าน ทำ"},
    {K::kGive, "เขียน แสดง บอก อธิบาย"},
    {K::kAnswer, "คำตอบ ผลลัพธ์ วิธีทำ"},
    {K::kWork, "ขั้นตอน ขั้น คิด เหตุผล วิเคราะห์"},
    {K::kProblem, "ปัญหา คำถาม โจทย์ แบบฝึกหัด ข้อ"},
    {K::kCourtesy, "ช่วย ขอบคุณ การบ้าน"},
    {K::kGreeting, "สวัสดี ขอบคุณ"},
};

}  // namespace

std::span<const FrameRow> AnsweringWords() { return kRows; }

}  // namespace reasonwatch
