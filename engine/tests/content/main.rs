//! Decoding of submitted content: the seed's samples, one case a decision, properties, and all of the real data.

mod cases;
mod golden;
mod locales;
mod money;
mod properties;
mod real_data;
mod support;
