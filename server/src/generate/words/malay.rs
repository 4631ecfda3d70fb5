//! Malay words.

use super::Source;

pub(super) const SOURCE: Source = Source {
    space: " ",
    syllables: [
        "Se,Ba,Ra,Ma,Ka,Pe,Me,Ta,La,Su,Di,An,In,Ja,Ke,Na,Pu,Sri,Wa,Bin,Cen,Dam,Gem,Hij,Kem,Lem,Mel,Per,Rim,Tem",
        "la,ra,ri,ta,wi,na,ma,ka,ya,ti,bu,du,gu,lu,nu,pa,sa,ja,li,mi,rang,tang,lang,pang,dan,man,san,tan,wan,yan",
        "ni,ri,wati,sari,jaya,ria,wan,mas,tra,nia,lah,ra,ku,ti,pura,ndah",
    ],
    praise: "Istimewa,Asli,Segar,Klasik,Premium,Warisan,Kampung,Emas,Mutiara,Indah,Murni,Enak,Lazat,Rangup,Pedas,Manis,Baru,Lama,Besar,Kecil,Mesra,Sihat,Moden,Diraja,Rasmi,Bahagia,Sinar,Pantai,Gunung,Utara,Selatan,Pilihan",
    goods: [
        "Nasi Lemak,Rendang Daging,Mee Goreng,Laksa,Satay Ayam,Roti Canai,Ikan Bakar,Nasi Kandar,Asam Pedas,Ayam Penyet,Char Kuey Teow,Tom Yam,Sup Tulang,Nasi Ayam,Murtabak,Kari Kambing,Mee Rebus,Set Tengah Hari",
        "Teh Tarik,Kopi Ais,Kuih Lapis,Cendol,Roti Bakar,Kek Coklat,Ais Kacang,Jus Mangga,Kopi Kampung,Karipap,Donat,Puding Roti,Ondeh-ondeh,Milo Dinosaur,Teh O Limau,Kek Batik,Apam Balik,Smoothie Pisang",
        "Beras Wangi,Susu Soya,Mi Segera,Kerepek Ubi,Kicap Manis,Teh Hijau,Jus Oren,Yogurt,Ayam Beku,Minyak Masak,Susu Tepung,Badam,Kurma,Sardin,Mentega Kacang,Air Mineral,Santan,Sos Cili",
        "Baju Kurung,Tudung Bawal,Kasut Sukan,Beg Tangan,Jaket Denim,Baju Melayu,Songket,Gelang Emas,Tali Pinggang,Beg Galas,Kain Batik,Seluar Panjang,Jam Tangan,Selipar,Selendang,Kemeja Polo,Baju Hujan,Baju Kanak-kanak",
        "Serum Muka,Pelindung Matahari,Gincu,Syampu,Krim Tangan,Minyak Wangi,Topeng Muka,Skrub Badan,Urutan Tradisional,Spa Aroma,Rawatan Rambut,Minyak Pencuci,Toner,Celak,Minuman Kolagen,Garam Mandian,Sabun Susu,Losyen",
        "Fon Telinga,Sarung Telefon,Tetikus Permainan,Bank Kuasa,Jam Pintar,Penggoreng Udara,Kamera,Pembesar Suara,Papan Kekunci,Periuk Nasi,Vakum Robot,Tablet,Komputer Riba,Pengecas,Monitor,Pengering Rambut,Kad Memori,Projektor",
        "Bilik Tepi Pantai,Lawatan Bandar,Tiket Feri,Pengangkutan Lapangan Terbang,Tiket Taman Tema,Bilik Keluarga,Pakej Pulau,Sewa Kereta,Kad SIM Pelancong,Safari Malam,Lawatan Muzium,Vila Pantai,Bilik Deluxe,Asrama,Tiket Kereta Kabel,Pas Kereta Api,Pelayaran Senja,Kelas Memasak",
        "Tiket Wayang,Bilik Karaoke,Pas Gim,Tiket Konsert,Dandanan Haiwan,Dobi,Buku Cerita,Permainan Papan,Bilik Misteri,Kelas Yoga,Boling,Tiket Muzium,Makanan Kucing,Cucian Kering,Persembahan Komedi,Kelas Renang,Kelas Gitar,Tiket Akuarium",
    ],
    houses: [
        "Restoran,Dapur,Kedai Makan,Warung,Nasi Kandar,Ikan Bakar",
        "Kopitiam,Kafe,Bakeri,Kedai Kek,Teh Tarik,Pencuci Mulut",
        "Pasar Raya,Kedai Runcit,Pasar Mini,Borong,Ladang,Buah-buahan",
        "Butik,Busana,Kasut,Batik,Emas,Tudung",
        "Kecantikan,Spa,Salun,Kosmetik,Farmasi,Urutan",
        "Elektronik,Digital,Gajet,Telefon,Komputer,Elektrik",
        "Hotel,Pelancongan,Resort,Inap Desa,Chalet,Percutian",
        "Pawagam,Kecergasan,Kedai Buku,Karaoke,Haiwan,Dobi",
    ],
    kinds: "Asli,Besar,Kecil,Hitam,Putih,Vanila,Coklat,Strawberi,Garam Laut,Madu,Bawang Putih,Limau,Pandan,Kelapa,Mangga,Pulau Pinang,Kelantan,Melur,Organik,Kurang Manis,Pek Keluarga,Pek Berkembar,Edisi Terhad,Saiz Kembara,Ros,Biru,Kelabu,Kacang,Gula Melaka,Durian,Serai,Kunyit,Halia,Pedas,Selasih,Laici,Keladi,Nangka,Pisang,Jagung",
    streets: "Jalan Bukit Bintang,Jalan Ampang,Jalan Tun Razak,Jalan Raja Chulan,Jalan Alor,Jalan Petaling,Lebuh Chulia,Jalan Gurney,Jalan Sultan,Jalan Merdeka,Lorong Selamat,Jalan Hang Tuah",
    address: "{h} {s} {c}",
    offers: "Diskaun {p}% untuk {n},Belanja {m} jimat {k}%,Beli {k} percuma 1 {n},Baucar selamat datang {b},Pulangan tunai {p}% di {b},{n} {a} separuh harga,Percuma {n} dengan belanja {m},Hari ahli diskaun {p}%,Set {n} {v},Mata ganjaran {k} kali di {b},Tawaran hujung minggu {n},Diskaun pelajar {p}%",
    sentences: "{n} {a} disediakan setiap hari di {c}.,{n} {v} kegemaran ramai.,Kini dengan {v}.,{b} berkhidmat di {c} selama {p} tahun.,Cubalah {n} {a}.,Dibuka hingga lewat malam.,Penghantaran percuma untuk belanja {m}.,Dihasilkan oleh {b} dengan teliti.,Sedap dimakan dengan {v}.,Stok terhad.,Tiada caj perkhidmatan pada hari biasa.,{n} ada {k} saiz.",
    badges: "Paling laris,Baharu,Tawaran hebat,Masa terhad,Ahli sahaja,Penghantaran percuma,Penilaian tinggi,Peluang terakhir,Pilihan editor,Jimat",
    tags: "bungkus,penghantaran,wifi,mesra haiwan,keluarga,halal,vegan,lewat malam,tempat letak kereta,kad kredit,tempat luar,hadiah,bermusim,import,tempatan,eko,buatan tangan,kanak-kanak",
    trades: "Makanan,Kafe dan pencuci mulut,Barangan runcit,Fesyen,Kecantikan,Elektronik,Pelancongan,Rekreasi",
};
