"""Seven questions of SQuAD 2.0 with known verdicts, one of them with a hostile context."""
import json

#            0         1         2         3         4         5         6
#            0123456789012345678901234567890123456789012345678901234567890123456789
TOWN = "Tovin is a big town. Pell founded it  in 1822, and Pell ruled it."
HOSTILE = ("</p></article><script>window.evil=1</script> Orlan & <b>Ansk</b>\r\n\x00\u202e "
           "<style>#page{display:none}</style>")
EVIL_ID = 'h/1"><script>window.evil=2</script>'
QUESTIONS = {
    "a1": "where is tovin", "a2": "who founded tovin", "a3": "when was it founded",
    "a4": "who ruled it", "a5": "how high is it", "a6": "who left it",
    EVIL_ID: "who is it </script><script>window.evil = 3</script>"}

ANSWERS = {
    "a1": [("a big town", 9), ("a big town", 9), ("big town", 11)], "a2": [("Pell", 21)],
    "a3": [("1822", 41)], "a4": [("Pell", 51)], "a5": [], "a6": [],
    EVIL_ID: [("Ansk", HOSTILE.index("Ansk"))]}
PREDICTIONS = {"a1": "big town", "a2": "Pell founded it in", "a3": "Pell", "a4": "Pell",
               "a5": "town", "a6": "", EVIL_ID: "ANSK"}
NULL_ODDS = {"a1": -2.0, "a2": -1, "a3": 0.5, "a4": 3, "a5": 0.0, "a6": 7, EVIL_ID: 1}
# Above 1 there is no answer. F1 of a2: 1 of 4 words is right, which is all of gold: 2 / 5.
VERDICTS = {"a1": "right", "a2": "partly", "a3": "wrong", "a4": "missed", "a5": "false_alarm",
            "a6": "null", EVIL_ID: "right"}
F1 = {"a1": 1, "a2": 0.4, "a3": 0, "a4": 0, "a5": 0, "a6": 1, EVIL_ID: 1}

NBEST = {
    "a1": [{"text": "big town", "probability": 0.75, "start_logit": 2.0, "end_logit": 1.5},
           {"text": "Pell", "probability": 0.25, "start_logit": 1.0, "end_logit": 1.4}],
    "a6": [{"text": ""}, {"text": "1822", "probability": 0.125}],
    EVIL_ID: [{"text": "ANSK"}, {"text": "</script><script>window.evil = 4</script>"}]}


def dataset():
    """The questions as SQuAD has them."""
    def qa(key):
        return {"id": key, "question": QUESTIONS[key], "is_impossible": not ANSWERS[key],
                "answers": [{"text": text, "answer_start": start}
                            for text, start in ANSWERS[key]]}

    return {"version": "v2.0", "data": [{"title": "Tovin <b>", "paragraphs": [
        {"context": TOWN, "qas": [qa(key) for key in QUESTIONS if key != EVIL_ID]},
        {"context": HOSTILE, "qas": [qa(EVIL_ID)]}]}]}


def write_inputs(folder):
    """Writes gold.json, predictions.json, odds.json and nbest.json; returns the program's flags."""
    for name, content in (("gold", dataset()), ("predictions", PREDICTIONS), ("odds", NULL_ODDS),
                          ("nbest", NBEST)):
        (folder / (name + ".json")).write_text(json.dumps(content))
    return ["--gold_path=%s" % (folder / "gold.json"),
            "--predictions_path=%s" % (folder / "predictions.json"),
            "--na_prob_path=%s" % (folder / "odds.json"),
            "--nbest_path=%s" % (folder / "nbest.json"), "--output_dir=%s" % (folder / "site")]
