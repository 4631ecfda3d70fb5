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
  /** By place. */
  diagnostics: Diagnostic[];
}

/** A text laid out. */
export interface Formatted {
  /** `null` where there are errors of syntax. */
  text: string | null;
  /** These errors. */
  diagnostics: Diagnostic[];
}

/** Exchange rates of a day: units of each currency for one unit of the base, as decimals in digits. */
export interface Rates {
  /** `2026-01-31` */
  date: string;
  /** ISO 4217, as are the keys of `rates`. */
  base: string;
  rates: Record<string, string>;
}
