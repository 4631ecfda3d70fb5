//! A structure that is there while something is in it.

/// Nothing, or what is not empty.
pub type Lazy<T> = Option<Box<T>>;

/// Changes what is in a structure: it is made when first needed, and goes when it is empty.
pub fn change_in<T: Default>(structure: &mut Lazy<T>, is_empty: fn(&T) -> bool, change: impl FnOnce(&mut T)) {
    let inside = structure.get_or_insert_default();
    change(inside);
    if is_empty(inside) {
        *structure = None;
    }
}
