//! A question to a scripted model: each step of the ladder, and where it ends.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::scripted::{Answer, Scripted, When, gives, is_cut_after, says};
use super::*;

#[derive(Debug, PartialEq, Deserialize, JsonSchema, garde::Validate)]
struct Ideas {
    #[garde(length(max = 4), dive)]
    ideas: Vec<Idea>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema, garde::Validate)]
struct Idea {
    #[garde(length(max = 20))]
    collection: String,
    #[garde(custom(is_even))]
    rank: u8,
}

fn is_even(value: &u8, _: &()) -> garde::Result {
    if value.is_multiple_of(2) {
        Ok(())
    } else {
        Err(garde::Error::new("must be even"))
    }
}

const PLACE: &str = "/properties/ideas/items/properties/collection";

fn question() -> Question<'static, Ideas> {
    let turn = |speaker, text: &str| Message {
        speaker,
        text: text.to_owned(),
    };
    Question {
        role: Role::UseCases,
        prompt: "use_cases/propose 1".to_owned(),
        messages: vec![turn(Speaker::System, "Rules."), turn(Speaker::User, "Propose.")],
        form: "ideas",
        narrow: vec![Narrow::Choices {
            pointer: PLACE.to_owned(),
            words: vec!["users".to_owned(), "orders".to_owned()],
        }],
        max_tokens: 500,
        most_tokens: 800,
        less: Some(Less {
            words: "Give at most 1 idea.".to_owned(),
            narrow: vec![Narrow::AtMost {
                pointer: "/properties/ideas".to_owned(),
                items: 1,
            }],
        }),
        temperature: 0.0,
        seed: 7,
        check: None,
        told: None,
    }
}

fn good() -> Answer {
    gives(&json!({"ideas": [{"collection": "users", "rank": 2}]}))
}

fn refused(detail: &str) -> Answer {
    Err(LlmError::Refused {
        host: "localhost".to_owned(),
        status: 400,
        detail: detail.to_owned(),
    })
}

async fn put(model: &Scripted, question: &Question<'_, Ideas>) -> Result<Answered<Ideas>, Unanswered> {
    answer(model, question, &Modes::default()).await
}

/// The script's answers, one each time.
fn script(answers: Vec<Answer>) -> Scripted {
    let model = Scripted::new("test/script");
    answers
        .into_iter()
        .fold(model, |it, one| it.once(When::Always, one))
}

#[tokio::test]
async fn an_answer_that_fits_is_taken_at_once() {
    let model = script(vec![good()]);
    let answered = put(&model, &question()).await.unwrap();
    assert_eq!(answered.value.ideas[0].collection, "users");
    assert_eq!(
        answered.effort.steps,
        [Step::Asked {
            way: Way::Schema,
            max_tokens: 500
        }]
    );
    let asked = model.asked();
    let shape = asked[0].shape.as_ref().unwrap();
    assert_eq!(
        (shape.name.as_str(), shape.mode),
        ("ideas", ShapeMode::JsonSchema)
    );
    assert_eq!(
        shape.schema.pointer(PLACE).unwrap()["enum"],
        json!(["users", "orders"])
    );
}

#[tokio::test]
async fn faults_of_every_kind_are_shown_once_with_the_reply() {
    let wrong = [
        ("no idea", "no JSON"),
        (
            r#"{"ideas": [{"collection": "cats", "rank": 2}]}"#,
            "at /ideas/0/collection",
        ),
        (
            r#"{"ideas": [{"collection": "users", "rank": 3}]}"#,
            "at /ideas/0/rank: must be even",
        ),
        (r#"{"ideas": []}"#, "at least one idea"),
    ];
    for (reply, reason) in wrong {
        let model = script(vec![says(reply), good()]);
        let check = |it: &Ideas| match it.ideas.len() {
            0 => Err(vec!["at least one idea is needed".to_owned()]),
            _ => Ok(()),
        };
        let asking = Question {
            check: Some(&check),
            ..question()
        };
        let answered = put(&model, &asking).await.unwrap();
        let Step::AskedAgain { because } = &answered.effort.steps[1] else {
            panic!("{:?}", answered.effort.steps);
        };
        assert!(because[0].contains(reason), "{because:?}");
        let again = &model.asked()[1].messages;
        assert_eq!(
            (again[2].speaker, again[2].text.as_str()),
            (Speaker::Assistant, reply)
        );
        assert!(again[3].text.contains(&because[0]), "{}", again[3].text);
    }
}

#[tokio::test]
async fn a_second_fault_ends_it_and_both_replies_are_counted() {
    let model = script(vec![says("no"), says("still no"), good()]);
    let unanswered = put(&model, &question()).await.unwrap_err();
    assert!(matches!(&unanswered.error, LlmError::Unusable { reason } if reason.contains("no JSON")));
    assert!(matches!(
        unanswered.effort.steps.last(),
        Some(Step::GaveUp { .. })
    ));
    let asked = model.asked();
    assert_eq!(asked.len(), 2);
    let prompts: u64 = asked.iter().map(prompt_tokens_of).sum();
    assert_eq!(unanswered.effort.usage.prompt_tokens, prompts);
}

#[tokio::test]
async fn a_cut_reply_is_asked_for_smaller_and_longer_once() {
    let cut = || is_cut_after(r#"{"ideas": [{"collection": "us"#);
    let model = script(vec![cut(), good()]);
    let answered = put(&model, &question()).await.unwrap();
    assert_eq!(answered.effort.steps[1], Step::AskedForLess { max_tokens: 800 });
    let again = &model.asked()[1];
    assert_eq!(again.max_tokens, 800);
    assert!(again.messages[1].text.contains("Give at most 1 idea."));
    let schema = &again.shape.as_ref().unwrap().schema;
    assert_eq!(schema["properties"]["ideas"]["maxItems"], json!(1));

    let unanswered = put(&script(vec![cut(), cut(), good()]), &question())
        .await
        .unwrap_err();
    assert!(matches!(&unanswered.error, LlmError::Unusable { reason } if reason.contains("cut")));
    let fixed = Question {
        less: None,
        most_tokens: 500,
        ..question()
    };
    let model = script(vec![cut(), good()]);
    assert!(put(&model, &fixed).await.is_err());
    assert_eq!(model.asked().len(), 1, "asking the same again cannot help");
}

#[tokio::test]
async fn a_complete_answer_before_the_cut_is_taken() {
    let text = good().unwrap().text + &" ".repeat(100);
    assert!(put(&script(vec![is_cut_after(text)]), &question()).await.is_ok());
}

#[tokio::test]
async fn a_withheld_reply_is_not_asked_for_again() {
    let withheld = good().map(|it| Reply {
        finish: Finish::Filtered,
        ..it
    });
    let model = script(vec![withheld, good()]);
    let unanswered = put(&model, &question()).await.unwrap_err();
    assert!(unanswered.error.to_string().contains("withheld"));
    assert_eq!(model.asked().len(), 1);
}

#[tokio::test]
async fn a_refused_way_leads_down_and_stays_refused() {
    let model = Scripted::by("test/old", |request| {
        match request.shape.as_ref().map(|it| it.mode) {
            Some(ShapeMode::JsonSchema) => refused("response_format: json_schema is not supported"),
            Some(ShapeMode::ToolCall) => refused("tools are not supported"),
            _ => good(),
        }
    });
    let modes = Modes::default();
    let answered = answer(&model, &question(), &modes).await.unwrap();
    let ways: Vec<Way> = answered
        .effort
        .steps
        .iter()
        .filter_map(|it| match it {
            Step::Asked { way, .. } => Some(*way),
            _ => None,
        })
        .collect();
    assert_eq!(ways, [Way::Schema, Way::ToolCall, Way::JsonObject]);
    let last = model.asked().pop().unwrap();
    assert!(
        last.messages[0].text.contains("\"maxItems\":4"),
        "{}",
        last.messages[0].text
    );
    let second = answer(&model, &question(), &modes).await.unwrap();
    assert_eq!(second.effort.steps.len(), 1);
}

#[tokio::test]
async fn refused_bounds_are_left_out_of_the_form_and_still_hold() {
    let model = Scripted::by("test/strict", |request| {
        let text = request
            .shape
            .as_ref()
            .map(|it| it.schema.to_string())
            .unwrap_or_default();
        if text.contains("maxItems") {
            return refused("Invalid schema: 'maxItems' is not permitted");
        }
        gives(&json!({"ideas": vec![json!({"collection": "users", "rank": 2}); 9]}))
    });
    let unanswered = put(&model, &question()).await.unwrap_err();
    assert!(
        unanswered.error.to_string().contains("at /ideas"),
        "{}",
        unanswered.error
    );
}

#[tokio::test]
async fn other_errors_end_it_at_once() {
    let error = LlmError::TooLong {
        detail: "20019 tokens".to_owned(),
    };
    let model = script(vec![Err(error.clone()), good()]);
    assert_eq!(put(&model, &question()).await.unwrap_err().error, error);
}
