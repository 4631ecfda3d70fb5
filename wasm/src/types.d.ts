/** A piece of the text, in both ways of counting. */
export interface Span {
  /** First byte of the UTF-8 text, as the HTTP API counts. */
  start: number;
  /** One past the last byte. */
  end: number;
  /** First UTF-16 code unit: `text.slice(span.from, span.to)` is the piece. */
  from: number;
  /** One past the last UTF-16 code unit. */
  to: number;
}

/** A finding about a text. */
export interface Diagnostic {
  /** Stable code; `docs/diagnostics.md` lists them. */
  code: string;
  /** With an error the text has no meaning. */
  severity: "error" | "warning";
  span: Span;
  /** What is wrong and what to do. */
  message: string;
  /** Changes that would mend it, best first. */
  fixes: Fix[];
}

/** A change that an editor can apply. */
export interface Fix {
  /** What it does, as a button would say. */
  title: string;
  /** Replacements, not overlapping, all of the text as it was checked. */
  edits: Edit[];
}

/** One replacement. */
export interface Edit {
  span: Span;
  text: string;
}

/** What a check found. */
export interface Checked {
  /** 32 hexadecimal digits, equal for equal rule sets; `null` exactly when there is an error. */
  hash: string | null;
  /** The day of the exchange rates that the rules used; `null` where they convert nothing. */
  fxDate: string | null;
  /** What evaluating the rules will about cost; `null` exactly when there is an error. */
  cost: Cost | null;
  /** By place. */
  diagnostics: Diagnostic[];
}

/** An estimate, in exact look-ups of a value. */
export interface Cost {
  /** All rules together; equal rules count once. */
  total: number;
  /** The total in a word. */
  level: "low" | "middle" | "high";
  /** One a rule, in the text's order. */
  rules: { span: Span; units: number }[];
}

/** A text laid out. */
export interface Formatted {
  /** `null` where there are errors of syntax. */
  text: string | null;
  /** These errors. */
  diagnostics: Diagnostic[];
}

/** What may stand at a cursor. */
export interface Completions {
  /** What each candidate replaces. */
  span: Span;
  /** Best first. */
  candidates: Candidate[];
}

/** Something that may stand at a cursor. */
export interface Candidate {
  /** How it is shown. */
  label: string;
  thing: "contentType" | "property" | "locale" | "operator" | "value" | "currency" | "date" | "keyword";
  /** What to write: quotes, brackets and spaces included. */
  insert: string;
  /** Where the cursor goes, in UTF-16 code units from the insert's start. */
  cursor: number;
  /** A few words about it; perhaps none. */
  detail: string;
}

/** A text as plain data. */
export interface Form {
  blocks: FormBlock[];
  /** After the last block. */
  comments: FormComment[];
  /** Whether the form holds all of the text; not so where an error of syntax stopped the reading of some part. */
  complete: boolean;
  /** Errors of syntax. */
  errors: Diagnostic[];
}

/** The rules for one content type. */
export interface FormBlock {
  /** As written. */
  contentType: string;
  /** Which type that is, if it is one. */
  canonicalType: ContentType | null;
  /** Joined by `or`. */
  groups: FormGroup[];
  comments: FormComment[];
  span: Span;
}

/** Rules joined by `and`. */
export interface FormGroup {
  title: string | null;
  rules: FormRule[];
  comments: FormComment[];
  span: Span;
}

/** One rule: its data, and how to draw it. */
export interface FormRule {
  /** What it says; a change sends this back. */
  data: RuleData;
  /** The property's canonical spelling; `null` for `all`. */
  path: string | null;
  /** The property's kind where it is declared, as `/api/v1/properties` spells it. */
  kind: string | null;
  widget: Widget;
  /** The operators that the property may take. */
  operators: Operator[];
  comments: FormComment[];
  span: Span;
}

/** A comment, without its `//`. */
export interface FormComment {
  text: string;
  /** Where it stands, seen from what it belongs to. */
  place: "before" | "inside" | "after";
  span: Span;
}

/** What draws a rule. */
export type Widget =
  | "all" | "presence" | "keywordPicker" | "tagInput" | "textMatch" | "number" | "numberRange"
  | "money" | "moneyRange" | "dateTime" | "dateRange" | "boolean" | "text";

export type ContentType = "MERCHANT" | "STORE" | "BENEFIT" | "LOCAL_SKU";

export type Operator =
  | "in" | "all of" | "none of" | "within" | "contains" | "~" | "=" | "!=" | "<" | "<=" | ">" | ">="
  | "before" | "after" | "on" | "is set" | "is missing";

/** What a rule says. */
export interface RuleData {
  negated: boolean;
  /** `null` is `all`. */
  test: RuleTest | null;
}

/** `property operator values`. */
export interface RuleTest {
  property: PropertyName;
  operator: Operator;
  /** The distance of `~`, where one is given. */
  distance?: number | null;
  operand: Operand;
  /** Whether `~fx` stands behind it. */
  fx?: boolean;
}

/** A property in its parts. */
export interface PropertyName {
  owner?: "item" | "merchant";
  namespace: "property" | "ext" | "tagAlgo" | "tagCustom" | "other";
  /** Without backticks, except in `other`. */
  name: string;
  locale?: string | null;
}

/** What stands on an operator's right. */
export type Operand =
  | { shape: "none" }
  | { shape: "value"; value: Value }
  | { shape: "list"; values: Value[] }
  | { shape: "range"; currency?: string | null; low?: Value | null; high?: Value | null; strayCurrency?: string | null };

/** A value; numbers, amounts and dates as written. */
export type Value =
  | { type: "text"; text: string }
  | { type: "number"; number: string }
  | { type: "date"; date: string }
  | { type: "now"; offset?: string | null }
  | { type: "boolean"; boolean: boolean }
  | { type: "money"; currency: string; amount: string }
  | { type: "reversedMoney"; currency: string; amount: string }
  | { type: "word"; word: string };

/** Where something stands or goes in the form: before what stands there now. */
export interface RuleAt { block: number; group: number; rule: number }
export interface GroupAt { block: number; group: number }

/** One change of a form; of several each sees what the ones before it made. */
export type Change =
  | { setRule: { at: RuleAt; data: RuleData } }
  | { negate: { at: RuleAt; negated: boolean } }
  | { setValues: { at: RuleAt; values: Value[] } }
  | { addValues: { at: RuleAt; value: number; values: Value[] } }
  | { removeValue: { at: RuleAt; value: number } }
  | { addRule: { at: RuleAt; data: RuleData } }
  | { removeRule: { at: RuleAt } }
  | { moveRule: { at: RuleAt; to: RuleAt } }
  | { setTitle: { at: GroupAt; title: string | null } }
  | { addGroup: { at: GroupAt; title?: string | null; data: RuleData } }
  | { removeGroup: { at: GroupAt } }
  | { moveGroup: { at: GroupAt; to: GroupAt } }
  | { duplicateGroup: { at: GroupAt } }
  | { addBlock: { block: number; contentType: string; data: RuleData } }
  | { removeBlock: { block: number } };

/** What changes made of a text. */
export interface Changed {
  /** The new text; `null` where a change was refused, and then none was made. */
  text: string | null;
  /** The way there from the old text, not overlapping. */
  edits: Edit[];
  refused: Refused | null;
}

/** A change that was not made. */
export interface Refused {
  /** Its index. */
  at: number;
  reason:
    | "tooManyChanges" | "textTooLong" | "noSuchPlace" | "noList" | "noSuchRule" | "notRead" | "commentsInside"
    | "doesNotFit";
  /** Why, in the operator's words. */
  message: string;
}

/** Exchange rates of a day: units of each currency for one unit of the base, as decimals in digits. */
export interface Rates {
  /** `2026-01-31` */
  date: string;
  /** ISO 4217, as are the keys of `rates`. */
  base: string;
  rates: Record<string, string>;
}
