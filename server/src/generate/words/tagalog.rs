//! Tagalog words.

use super::Source;

pub(super) const SOURCE: Source = Source {
    space: " ",
    syllables: [
        "Ba,Ka,Da,Ga,La,Ma,Na,Pa,Sa,Ta,Ha,Wa,Ya,Bi,Ki,Di,Gi,Li,Mi,Ni,Pi,Si,Ti,Hi,Bu,Ku,Lu,Mu,Su,Tu",
        "ha,la,na,ta,ya,ka,ri,li,ni,si,gi,di,lo,mo,no,so,to,ko,pu,lu,yan,lan,kan,man,ban,ling,ning,ting,long,hong",
        "yan,han,gan,nan,lan,ta,la,na,ya,pa,ro,so,mo,do,ko,wa",
    ],
    praise: "Masarap,Sariwa,Espesyal,Orihinal,Bagong,Lumang,Munting,Gintong,Tunay,Maharlika,Malutong,Matamis,Maanghang,Mainit,Malamig,Sikat,Paboritong,Lutong-bahay,Murang,Dakilang,Masaganang,Bayaning,Maligayang,Mabilis,Premium,Klasikong,Pinoy,Tropikal,Dalampasigang,Probinsyang,Pambansang,Likas",
    goods: [
        "Adobo,Sinigang na Baboy,Lechon,Kare-kare,Pancit Canton,Sisig,Chicken Inasal,Tapsilog,Bulalo,Crispy Pata,Lumpia,Tinola,Bangus,Bicol Express,Kaldereta,Laing,Lugaw,Meryenda Set",
        "Halo-halo,Kapeng Barako,Ensaymada,Pandesal,Leche Flan,Ube Cake,Buko Pie,Sago at Gulaman,Tsokolate,Bibingka,Puto Bumbong,Mais con Yelo,Ube Latte,Turon,Calamansi Juice,Mango Float,Sorbetes,Polvoron",
        "Bigas Sinandomeng,Gatas,Pancit Instant,Chicharon,Toyo,Suka,Tuyo,Itlog na Maalat,Mantika,Dried Mangga,Sardinas,Bagoong,Kape 3-in-1,Asukal,Corned Beef,Tubig,Banana Chips,Patis",
        "Barong Tagalog,Tsinelas,Sapatos,Bayong,Pantalon,Bestida,Hikaw na Perlas,Sinturon,Bag,Relo,Jacket,Sando,Malong,Sumbrero,Medyas,Kapote,Singsing,Damit Pambata",
        "Hilot Massage,Sabon Papaya,Lipstick,Shampoo,Lotion,Pabango,Face Mask,Body Scrub,Manicure,Spa Package,Hair Rebond,Langis ng Niyog,Toner,Pulbos,Collagen,Gupit,Sunblock,Foot Spa",
        "Cellphone,Charger,Earphones,Power Bank,Bentilador,Rice Cooker,Kamera,Speaker,Keyboard,Plantsa,Laptop,Tablet,Telebisyon,Ilaw,Monitor,Blender,Memory Card,Projector",
        "Kuwarto sa Tabing-dagat,Lakbay Lungsod,Tiket sa Barko,Sundo sa Paliparan,Tiket sa Parke,Pampamilyang Kuwarto,Island Hopping,Paupahang Sasakyan,Turista SIM,Lakbay Bulkan,Lakbay Museo,Villa,Deluxe na Kuwarto,Hostel,Zipline,Tiket sa Bus,Paglalayag,Klase sa Pagluluto",
        "Tiket sa Sine,Videoke Room,Gym Pass,Tiket sa Konsyerto,Pet Grooming,Labada,Aklat Pambata,Larong Baraha,Escape Room,Zumba,Bowling,Tiket sa Museo,Pagkain ng Pusa,Dry Cleaning,Comedy Bar,Leksiyon sa Paglangoy,Leksiyon sa Gitara,Tiket sa Ocean Park",
    ],
    houses: [
        "Carinderia,Kusina,Ihawan,Turo-turo,Lutong Bahay,Inasal",
        "Kapehan,Panaderya,Tea House,Bakeshop,Halo-haluan,Kakanin",
        "Sari-sari Store,Palengke,Grocery,Bigasan,Prutasan,Tindahan",
        "Boutique,Tsinelasan,Sapatusan,Alahas,Ukay-ukay,Patahian",
        "Salon,Spa,Parlor,Botika,Barberya,Hilot",
        "Electronics,Cellphone Shop,Computer Shop,Gadgets,Appliances,Audio",
        "Hotel,Travel,Resort,Pension House,Tours,Bahay Bakasyunan",
        "Sinehan,Gym,Aklatan,Videoke,Pet Shop,Labahan",
    ],
    kinds: "Orihinal,Malaki,Maliit,Itim,Puti,Ube,Tsokolate,Strawberry,Asin,Pulot,Bawang,Calamansi,Pandan,Niyog,Mangga,Cebu,Batangas,Sampaguita,Organiko,Bawas Asukal,Pampamilya,Dalawahan,Limitadong Edisyon,Pambiyahe,Rosas,Asul,Abo,Kasoy,Mani,Muscovado,Dalandan,Luya,Linga,Anghang,Langka,Guyabano,Durian,Gabi,Saging,Mais",
    streets: "Ayala Avenue,Katipunan Avenue,Kalye Rizal,Kalye Mabini,Bonifacio High Street,Taft Avenue,Kalye Luna,Aurora Boulevard,Session Road,Colon Street,Kalye del Pilar,España Boulevard",
    address: "{h} {s} {c}",
    offers: "{p}% bawas sa {n},Gumastos ng {m} bawas {k}%,Bili ng {k} libre ang 1 {n},Pambungad na voucher ng {b},Cashback {p}% sa {b},{a} {n} kalahating presyo,Libreng {n} sa halagang {m},Araw ng miyembro {p}% bawas,{n} na {v} bundle,Puntos x{k} sa {b},Sabado at Linggo {n},Estudyante {p}% bawas",
    sentences: "{a} {n} araw-araw sa {c}.,{n} na {v} na patok sa lahat.,Ngayon may {v} na.,{b} naglilingkod sa {c} nang {p} taon.,Subukan ang {a} {n}.,Bukas hanggang hatinggabi.,Libreng hatid sa halagang {m}.,Gawa ng {b} nang may puso.,Mainam kasama ang {v}.,Limitado ang stock.,Walang service charge sa mga araw ng trabaho.,May {k} laki ang {n}.",
    badges: "Mabenta,Bago,Sulit,Limitado,Pang-miyembro,Libreng hatid,Mataas ang marka,Huling pagkakataon,Piniling tatak,Tipid",
    tags: "take-out,delivery,wifi,may alaga,pampamilya,halal,gulay,magdamag,paradahan,card,sa labas,regalo,pana-panahon,angkat,lokal,makakalikasan,gawang-kamay,pambata",
    trades: "Kainan,Kape at panghimagas,Pamilihan,Kasuotan,Pagpapaganda,Elektroniks,Paglalakbay,Libangan",
};
