//! The codes of all diagnostics. A code is never reused for another finding; `docs/diagnostics.md` explains each.

macro_rules! codes {
    ($( $(#[$doc:meta])* $name:ident $code:literal )+) => {
        $( $(#[$doc])* pub const $name: &str = $code; )+
        /// Every code, in order.
        pub const ALL: &[&str] = &[ $( $code ),+ ];
    };
}

codes! {
    /// The text is too long.
    TEXT_TOO_LONG "E001"
    /// Too many rules.
    TOO_MANY_RULES "E002"
    /// Too many values.
    TOO_MANY_VALUES "E003"
    /// Too many groups.
    TOO_MANY_GROUPS "E004"
    /// A string, title, key or locale is too long.
    STRING_TOO_LONG "E005"
    /// More findings than are reported.
    TOO_MANY_FINDINGS "E006"
    /// Something else was expected here.
    SYNTAX "E010"
    /// A quotation mark or backtick without its partner.
    UNCLOSED_QUOTE "E011"
    /// An escape sequence that is none.
    BAD_ESCAPE "E012"
    /// No block at all.
    EMPTY_TEXT "E013"
    /// A block without a rule.
    EMPTY_BLOCK "E014"
    /// A brace or parenthesis without its partner.
    UNBALANCED "E015"
    /// Parentheses inside a group.
    NESTED "E016"
    /// No such content type.
    UNKNOWN_TYPE "E101"
    /// Two blocks for one content type.
    TYPE_TWICE "E102"
    /// No such property.
    UNKNOWN_PROPERTY "E103"
    /// A property that the block's content type does not have.
    PROPERTY_OF_OTHER_TYPE "E104"
    /// A declared property, named as an undeclared key.
    DECLARED_AS_EXT "E105"
    /// `ext`, `tag` or a property followed by the wrong number of names.
    BAD_PATH "E106"
    /// A name that must stand in backticks.
    NEEDS_BACKTICKS "E107"
    /// A locale that is no language range.
    BAD_LOCALE "E108"
    /// A locale on a property that has none.
    NO_LOCALES "E109"
    /// `not all` selects nothing.
    NOT_ALL "E111"
    /// The property's kind does not have the operator.
    OPERATOR_DOES_NOT_FIT "E201"
    /// The operator or property takes another sort of value.
    VALUE_DOES_NOT_FIT "E202"
    /// An amount of money without a currency.
    NO_CURRENCY "E203"
    /// No such currency.
    UNKNOWN_CURRENCY "E204"
    /// A sign of several currencies.
    AMBIGUOUS_CURRENCY "E205"
    /// A currency in the wrong place.
    STRAY_CURRENCY "E206"
    /// A value without quotation marks.
    UNQUOTED "E207"
    /// A list where none belongs, or none where one belongs.
    LIST_SHAPE "E208"
    /// `~fx` on a rule that compares no money.
    FX_WITHOUT_MONEY "E209"
    /// `~fx` without exchange rates to convert at.
    NO_RATES "E210"
    /// A number with too many digits.
    NUMBER_TOO_LONG "E301"
    /// No such date or time.
    BAD_DATE "E302"
    /// A range that nothing lies in.
    EMPTY_RANGE "E303"
    /// A range with no end at all.
    OPEN_RANGE "E304"
    /// `on` with a time.
    ON_TAKES_A_DAY "E305"
    /// An empty string.
    EMPTY_STRING "E306"
    /// A text query without anything to look for.
    NOTHING_TO_FIND "E307"
    /// A duration that is none, or too long.
    BAD_DURATION "E308"
    /// A fuzzy distance above 2.
    BAD_DISTANCE "E309"
    /// A word too long for a fuzzy query.
    WORD_TOO_LONG "E310"
    /// A `benefitType` that is not known.
    UNKNOWN_BENEFIT_TYPE "W401"
    /// Rules of a group that no item can pass together.
    CONTRADICTION "W501"
    /// Rules of a group that only an item with several values of a property can pass together.
    SEVERAL_VALUES "W502"
    /// Groups of a block that together select every item of its type.
    TAUTOLOGY "W503"
    /// A rule that follows from another rule of its group.
    REDUNDANT_RULE "W504"
    /// A rule that asks the same as another rule of its group.
    DUPLICATE_RULE "W505"
    /// A group of which another group selects everything too.
    CONTAINED_GROUP "W506"
    /// A group that selects the same as another group of its block.
    DUPLICATE_GROUP "W507"
    /// No item of the block's content type is there.
    NO_ITEM_OF_TYPE "W510"
    /// A value that no item has.
    UNSEEN_VALUE "W511"
    /// A currency that no item has.
    UNSEEN_CURRENCY "W512"
    /// A property that no item has.
    UNSEEN_PROPERTY "W513"
    /// A rule that takes nothing away.
    IDLE_RULE "W514"
    /// A rule that no item passes.
    UNMET_RULE "W515"
    /// A group that no item passes, though each of its rules has items.
    EMPTY_GROUP "W516"
    /// A group of which all items are in other groups too.
    IDLE_GROUP "W517"
    /// A rule set that selects nothing.
    EMPTY_SET "W518"
    /// Another rule set that selects the same.
    DUPLICATE_RULE_SET "W519"
}
