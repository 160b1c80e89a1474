//! Reads expressions: recursive descent over the text, bounded in length and depth.

use serde_json::{Number, Value};

use super::error::ExpressionError;
use super::operators::pattern;
use super::print::is_name_character;
use super::tree::{Comparison, Expression, Function, Path, Reference, Segment, StepField};
use crate::workflow::near::near_or_all;

/// Characters of an expression at most.
const LONGEST: usize = 4096;

/// Levels of parentheses, calls, lists and `!` within each other at most.
const DEEPEST: usize = 32;

impl Expression {
    /// The expression that `text` is.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser::new(text)?;
        let expression = parser.or()?;
        parser.blanks();
        match parser.rest().chars().next() {
            None => Ok(expression),
            Some('=') => Err(parser.error("a single `=` compares nothing", Some("write `==`"))),
            Some('&' | '|') => Err(parser.error("a single sign joins nothing", Some("write `&&` or `||`"))),
            Some(it) => Err(parser.error(&format!("`{it}` is not expected here"), None)),
        }
    }
}

/// Reads one expression at the start of `text` up to `}}`: it, and how many bytes it takes with the `}}`.
pub(super) fn parse_until_close(text: &str) -> Result<(Expression, usize), ExpressionError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let expression = parser.or()?;
    parser.blanks();
    if !parser.take("}}") {
        return Err(parser.error("`}}` is missing", None));
    }
    if parser.at > LONGEST {
        return Err(parser.too_long());
    }
    Ok((expression, parser.at))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, ExpressionError>;

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Parsed<Self> {
        let parser = Self {
            text,
            at: 0,
            depth: 0,
        };
        if text.len() > LONGEST {
            return Err(parser.too_long());
        }
        Ok(parser)
    }

    fn too_long(&self) -> ExpressionError {
        self.error(&format!("the expression is longer than {LONGEST} bytes"), None)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn error(&self, problem: &str, hint: Option<&str>) -> ExpressionError {
        ExpressionError {
            text: self.text.chars().take(60).collect(),
            character: self.text[..self.at].chars().count() + 1,
            problem: problem.to_owned(),
            hint: hint.map(str::to_owned),
        }
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes `sign` after blanks, if it is there.
    fn take(&mut self, sign: &str) -> bool {
        self.blanks();
        let is_there = self.rest().starts_with(sign);
        if is_there {
            self.at += sign.len();
        }
        is_there
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEEPEST {
            return Err(self.error(&format!("the expression is deeper than {DEEPEST} levels"), None));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn or(&mut self) -> Parsed<Expression> {
        let mut parts = vec![self.and()?];
        while self.take("||") {
            parts.push(self.and()?);
        }
        Ok(single_or(parts, Expression::Or))
    }

    fn and(&mut self) -> Parsed<Expression> {
        let mut parts = vec![self.comparison()?];
        while self.take("&&") {
            parts.push(self.comparison()?);
        }
        Ok(single_or(parts, Expression::And))
    }

    fn comparison(&mut self) -> Parsed<Expression> {
        let left = self.not()?;
        let Some(comparison) = self.comparison_sign() else {
            return Ok(left);
        };
        let right = self.not()?;
        let before = self.at;
        if self.comparison_sign().is_some() {
            self.at = before;
            self.blanks();
            return Err(self.error("comparisons do not chain", Some("join two with `&&`")));
        }
        Ok(Expression::Compare {
            comparison,
            left: Box::new(left),
            right: Box::new(right),
        })
    }

    fn not(&mut self) -> Parsed<Expression> {
        self.blanks();
        if self.rest().starts_with('!') && !self.rest().starts_with("!=") {
            self.at += 1;
            return self.deeper(|it| Ok(Expression::Not(Box::new(it.not()?))));
        }
        self.operand()
    }

    fn comparison_sign(&mut self) -> Option<Comparison> {
        self.blanks();
        let rest = self.rest();
        let (comparison, length) = Comparison::ALL.into_iter().find_map(|it| {
            let length = match it {
                Comparison::NotIn => {
                    let after = word(rest, "not")?;
                    let blanks = after.len() - after.trim_start().len();
                    word(after.trim_start(), "in").map(|_| "not".len() + blanks + "in".len())
                }
                Comparison::In => word(rest, "in").map(|_| "in".len()),
                _ => rest.starts_with(it.sign()).then_some(it.sign().len()),
            };
            length.map(|length| (it, length))
        })?;
        self.at += length;
        Some(comparison)
    }

    fn operand(&mut self) -> Parsed<Expression> {
        self.blanks();
        match self.rest().chars().next() {
            None => Err(self.error("a value is missing at the end", None)),
            Some('(') => {
                self.at += 1;
                let inner = self.deeper(Self::or)?;
                self.close(")")?;
                Ok(inner)
            }
            Some('[') => {
                self.at += 1;
                Ok(Expression::List(self.deeper(|it| it.list("]"))?))
            }
            Some(quote @ ('\'' | '"')) => Ok(Expression::Literal(Value::String(self.quoted(quote)?))),
            Some(it) if it.is_ascii_digit() || it == '-' => self.number(),
            Some(it) if it.is_ascii_alphabetic() || it == '_' => self.named(),
            Some('=') => Err(self.error("a value is missing before `=`", Some("`==` compares"))),
            Some(it) => Err(self.error(&format!("`{it}` is no value"), None)),
        }
    }

    fn close(&mut self, sign: &str) -> Parsed<()> {
        if self.take(sign) {
            Ok(())
        } else {
            Err(self.error(&format!("`{sign}` is missing"), None))
        }
    }

    fn list(&mut self, end: &str) -> Parsed<Vec<Expression>> {
        let mut parts = Vec::new();
        if self.take(end) {
            return Ok(parts);
        }
        loop {
            parts.push(self.or()?);
            if !self.take(",") {
                self.close(end)?;
                return Ok(parts);
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Parsed<String> {
        let mut text = String::new();
        let mut characters = self.rest()[1..].char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, it @ ('\\' | '\'' | '"'))) => text.push(it),
                    // Patterns hold `\d` and their like: what is no escape stays as it is.
                    Some((_, it)) => text.extend(['\\', it]),
                    None => break,
                },
                it if it == quote => {
                    self.at += at + 2;
                    return Ok(text);
                }
                it => text.push(it),
            }
        }
        Err(self.error(
            "the text does not end",
            Some("close it with the quote it began with"),
        ))
    }

    fn number(&mut self) -> Parsed<Expression> {
        let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '+');
        let length = self.rest().find(|it| !is_part(it)).unwrap_or(self.rest().len());
        let text = &self.rest()[..length];
        let number: Number = serde_json::from_str(text)
            .map_err(|_| self.error(&format!("`{text}` is no number"), Some("put texts in quotes")))?;
        self.at += length;
        Ok(Expression::Literal(Value::Number(number)))
    }

    fn name(&mut self) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|it| !is_name_character(it)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn named(&mut self) -> Parsed<Expression> {
        let start = self.at;
        let name = self.name();
        match name {
            "null" => return Ok(Expression::Literal(Value::Null)),
            "true" => return Ok(Expression::Literal(Value::Bool(true))),
            "false" => return Ok(Expression::Literal(Value::Bool(false))),
            _ => {}
        }
        if self.rest().starts_with('(') {
            self.at = start;
            return self.call(name);
        }
        let segments = self.segments()?;
        let end = std::mem::replace(&mut self.at, start);
        let path = self.path(name, segments)?;
        self.at = end;
        Ok(Expression::Path(path))
    }

    /// A call whose name begins here.
    fn call(&mut self, name: &str) -> Parsed<Expression> {
        let Some((function, _, takes)) = Function::ALL.into_iter().find(|it| it.1 == name) else {
            let hint = near_or_all(name, Function::ALL.iter().map(|it| it.1));
            return Err(self.error(&format!("there is no function `{name}`"), Some(&hint)));
        };
        let start = self.at;
        self.at += name.len() + 1;
        let arguments = self.deeper(|it| it.list(")"))?;
        let end = std::mem::replace(&mut self.at, start);
        if arguments.len() != takes {
            let problem = format!("`{name}` takes {takes} values, not {}", arguments.len());
            return Err(self.error(&problem, None));
        }
        if let (Function::Matches, Some(Expression::Literal(Value::String(text)))) =
            (function, arguments.get(1))
        {
            pattern(text).map_err(|it| self.error(&it.to_string(), None))?;
        }
        self.at = end;
        Ok(Expression::Call { function, arguments })
    }

    fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            if self.rest().starts_with('.') {
                self.at += 1;
                match self.name() {
                    "" => return Err(self.error("a name is missing after `.`", None)),
                    name => segments.push(Segment::Key(name.to_owned())),
                }
            } else if self.rest().starts_with('[') {
                self.at += 1;
                self.blanks();
                let segment = match self.rest().chars().next() {
                    Some(quote @ ('\'' | '"')) => Segment::Key(self.quoted(quote)?),
                    _ => {
                        let digits = self.name();
                        let index = digits.parse().map_err(|_| {
                            self.error("a whole number or a quoted key belongs in `[…]`", None)
                        })?;
                        Segment::Index(index)
                    }
                };
                self.close("]")?;
                segments.push(segment);
            } else {
                return Ok(segments);
            }
        }
    }

    fn path(&self, name: &str, segments: Vec<Segment>) -> Parsed<Path> {
        let mut way = segments.into_iter();
        let mut key = |what: &str| match way.next() {
            Some(Segment::Key(key)) => Ok(key),
            Some(Segment::Index(_)) | None => {
                Err(self.error(&format!("`{name}` alone is no value"), Some(what)))
            }
        };
        let reference = match name {
            "steps" => {
                let hint = "write `steps.ID.outcome` or another field";
                let id = key(hint)?;
                let field = key(hint)?;
                let known = StepField::ALL.into_iter().find(|it| it.name() == field);
                let field = known.ok_or_else(|| {
                    let hint = near_or_all(&field, StepField::ALL.iter().map(|it| it.name()));
                    self.error(&format!("a step has no `{field}`"), Some(&hint))
                })?;
                Reference::Step { id, field }
            }
            "variables" | "variable" => Reference::Variable(key("write `variables.NAME`")?),
            "env" => Reference::Environment(key("write `env.NAME`")?),
            "secrets" => Reference::Secret(key("write `secrets.NAME`")?),
            "workflow" => match key("write `workflow.id`, `workflow.name` or `workflow.version`")?.as_str() {
                "id" => Reference::WorkflowId,
                "name" => Reference::WorkflowName,
                "version" => Reference::WorkflowVersion,
                other => {
                    return Err(self.error(
                        &format!("a workflow has no `{other}`"),
                        Some("it has `id`, `name` and `version`"),
                    ));
                }
            },
            "run" => match key("write `run.id`")?.as_str() {
                "id" => Reference::RunId,
                other => return Err(self.error(&format!("a run has no `{other}`"), Some("it has `id`"))),
            },
            "index" => Reference::Index,
            _ => Reference::Item(name.to_owned()),
        };
        Ok(Path {
            reference,
            way: way.collect(),
        })
    }
}

/// What follows `wanted` where the text begins with it as a whole word.
fn word<'t>(text: &'t str, wanted: &str) -> Option<&'t str> {
    text.strip_prefix(wanted)
        .filter(|rest| !rest.chars().next().is_some_and(is_name_character))
}

fn single_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}
