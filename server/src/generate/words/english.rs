//! English words.

use super::Source;

pub(super) const SOURCE: Source = Source {
    space: " ",
    syllables: [
        "Zan,Vel,Mor,Kes,Lum,Tri,Bra,Nov,Sol,Fen,Gal,Har,Jux,Pim,Quo,Rav,Sib,Tor,Ulm,Wex,Yor,Alt,Bel,Cor,Dax,Eld,Fro,Gri,Hel,Ixi,Jor,Kal,Lor,Myr,Nim,Oro,Pel,Rho,Ste,Tha",
        "a,e,i,o,u,ari,evo,ina,olo,una,era,ito,oma,usi,ani,ede,iri,ope,ula,ava,ent,ist,ond,urt,alm,ebb,ick,orr,ush,app",
        "ra,do,la,nex,via,tis,mo,zen,ka,lux,ster,well,by,ton,co,do,fy,que,wick,mark",
    ],
    praise: "Golden,Fresh,Royal,Lucky,Classic,Premium,Little,Grand,Happy,Original,Urban,Sunny,Silver,Blue,Red,Green,Old,New,Wild,Pure,Secret,Crispy,Velvet,Northern,Southern,Eastern,Western,Harbour,Island,Mountain,Garden,Imperial,Modern,Rustic,Gentle,Bright,Honest,Spicy,Sweet,Smoky,Hidden,Humble,Noble,Rapid,Quiet,Artisan,Heritage,Midnight,Morning,Coastal",
    goods: [
        "Beef Noodles,Chicken Rice,Hotpot Set,Ramen,Dim Sum Platter,Grilled Fish,Roast Goose,Pork Chop,Burger,Pad Thai,Curry,Fried Rice,Dumplings,Steak,Seafood Boil,Tofu Bowl,Spring Rolls,Lunch Set",
        "Latte,Espresso,Milk Tea,Croissant,Cheesecake,Gelato,Mango Smoothie,Cold Brew,Matcha Latte,Brownie,Egg Tart,Sourdough,Waffle,Hot Chocolate,Crème Brûlée,Scone,Oolong Tea,Affogato",
        "Jasmine Rice,Soy Milk,Instant Noodles,Potato Chips,Oyster Sauce,Green Tea,Orange Juice,Yoghurt,Frozen Dumplings,Cooking Oil,Baby Formula,Almonds,Dried Mango,Sardines,Peanut Butter,Sparkling Water,Oat Milk,Chili Sauce",
        "Running Shoes,Tote Bag,Denim Jacket,Linen Shirt,Summer Dress,Pearl Earrings,Leather Belt,Sneakers,Backpack,Wool Coat,Yoga Pants,Watch,Sandals,Scarf,Polo Shirt,Raincoat,Silver Ring,Kids Hoodie",
        "Face Serum,Sunscreen,Lipstick,Shampoo,Hand Cream,Eau de Parfum,Sheet Mask,Body Scrub,Gel Nails,Thai Massage,Aroma Spa,Hair Treatment,Cleansing Oil,Toner,Eyeliner,Collagen Drink,Bath Salts,Beard Oil",
        "Wireless Earbuds,Phone Case,Gaming Mouse,Power Bank,Smart Watch,Air Fryer,Mirrorless Camera,Bluetooth Speaker,Mechanical Keyboard,Rice Cooker,Robot Vacuum,Tablet,Laptop Stand,USB Hub,Monitor,Hair Dryer,Memory Card,Projector",
        "Harbour View Room,City Tour,Ferry Ticket,Airport Transfer,Theme Park Pass,Family Suite,Island Hopping,Car Rental,Travel SIM,Night Safari,Museum Tour,Beach Villa,Deluxe Room,Hostel Bed,Cable Car Ticket,Rail Pass,Sunset Cruise,Cooking Class",
        "Movie Ticket,Karaoke Room,Gym Pass,Concert Ticket,Pet Grooming,Laundry Service,Picture Book,Board Game,Escape Room,Pilates Class,Bowling Game,Museum Ticket,Cat Food,Dry Cleaning,Comedy Show,Swimming Lesson,Guitar Lesson,Aquarium Pass",
    ],
    houses: [
        "Kitchen,Bistro,Grill,Diner,Restaurant,Noodle House,Eatery,Seafood Palace,Tavern,Canteen",
        "Café,Coffee,Tea House,Bakery,Roasters,Patisserie,Gelateria,Dessert Bar",
        "Market,Grocer,Mart,Foods,Provision Store,Supermarket,Farm,Pantry",
        "Boutique,Outfitters,Apparel,Tailors,Footwear,Jewellers,Denim,Studio",
        "Beauty,Spa,Salon,Skin Lab,Cosmetics,Wellness,Nail Bar,Barbers",
        "Electronics,Digital,Gadgets,Audio,Mobile,Computers,Appliances,Tech",
        "Hotel,Travel,Tours,Resort,Hostel,Holidays,Lodge,Suites",
        "Cinema,Fitness,Books,Karaoke,Pets,Laundry,Arena,Games",
    ],
    kinds: "Original,Large,Small,Black,White,Vanilla,Chocolate,Strawberry,Sea Salt,Honey,Garlic,Lemon,Truffle,Coconut,Mango,Hokkaido,Sichuan,Jasmine,Organic,Low Sugar,Family Pack,Twin Pack,Limited Edition,Travel Size,Rose,Navy,Grey,Walnut,Pistachio,Brown Sugar,Yuzu,Matcha,Sesame,Chili,Basil,Peach,Lychee,Durian,Taro,Ginger",
    streets: "Queen's Road,Nathan Road,Main Street,Market Street,Ayala Avenue,Orchard Road,Victoria Street,Station Road,Garden Road,Hill Street,Canal Road,Temple Street,Beach Road,Church Street,King's Road,Park Avenue,Bridge Road,Chino Roces Avenue",
    address: "{h} {s} {c}",
    offers: "{p}% off {n},Spend {m} save {k}%,Buy {k} get 1 free {n},{b} welcome voucher,Cashback {p}% at {b},{a} {n} at half price,Free {n} with any order over {m},Member day: {p}% off,{v} {n} bundle deal,Points x{k} at {b},Weekend special on {n},Student offer {p}% off",
    sentences: "{a} {n} made daily in {c}.,A {v} {n} loved by regulars.,Now with {v} and more.,{b} has served {c} for {p} years.,Ask for the {a} {n}.,Open late and close to the station.,Free delivery for orders over {m}.,Crafted by {b} with care.,Best enjoyed with {v}.,Limited stock while supplies last.,No service charge on weekdays.,Our {n} comes in {k} sizes.",
    badges: "Best seller,New,Hot deal,Limited time,Members only,Free delivery,Top rated,Last chance,Editor's pick,Save more",
    tags: "takeaway,delivery,wifi,pet friendly,family,halal,vegan,late night,parking,card payment,outdoor seating,gift,seasonal,imported,local,eco,handmade,kids",
    trades: "Dining,Cafés and desserts,Groceries,Fashion,Beauty,Electronics,Travel,Leisure",
};
