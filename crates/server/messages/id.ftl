# Kata-kata antarmuka. Pendek, istilah kantor sehari-hari, tanpa tanda seru.
# Setiap kunci di sini juga ada di en.ftl; pengujian menjaganya.

## Bingkai
skip-to-content = Langsung ke isi
sample-title = DATA CONTOH
sample-text = Semua angka di sini buatan, bukan keadaan sebenarnya.
data-as-of = data s.d. { $n }
sources-fresh = { $a }/{ $b } sumber segar
nav-label = Bagian
nav-board = Papan
nav-indicators = Indikator
nav-regions = Wilayah
nav-sources = Sumber data
nav-runs = Penarikan
nav-pattern = Pola tampilan
footer-words = Pendopo: setiap angka dapat dibuka sampai asalnya.
crumbs = Anda di sini
filter = Saring
show = Tampilkan
older = Lebih lama
all-runs = semua penarikan

## Rentang waktu
span-seconds = { $n } detik
span-minutes = { $n } menit
span-hours = { $n } jam
span-days = { $n } hari
ago = { $n } lalu

## Keadaan terhadap target
status-on = sesuai
status-risk = rawan
status-off = meleset
status-no-target = tanpa target
status-no-data = belum ada data

## Keadaan sumber
fresh-fresh = segar
fresh-late = terlambat
fresh-stale = basi
fresh-down = putus
fresh-blocked = ditolak
fresh-changed = berubah bentuk
fresh-waiting = belum pernah ditarik

## Kesalahan
error-not-found = Halaman tidak ada
error-not-found-now = Periksa alamatnya, atau mulai lagi dari papan.
error-forbidden = Tidak boleh dilihat
error-forbidden-now = Angka ini dibatasi. Mintalah kepada perangkat daerah pemiliknya.
error-invalid = Permintaan tidak dapat dibaca
error-invalid-now = Kembali ke halaman sebelumnya dan ubah pilihannya.
error-method-not-allowed = Cara ini tidak dikenal di sini
error-method-not-allowed-now = Kembali ke halaman sebelumnya dan pakai tombol yang tersedia.
error-conflict = Belum dapat dikerjakan
error-conflict-now = Tunggu yang sedang berjalan selesai, lalu coba lagi.
error-busy = Sedang penuh
error-busy-now = Data yang sudah tersimpan aman. Coba lagi sebentar lagi.
error-internal = Ada yang salah di pihak kami
error-internal-now = Data yang sudah tersimpan aman. Coba lagi; bila tetap begini, sebutkan nomor di bawah kepada pengelola.
error-reference = Nomor rujukan
error-back = Ke papan

## Kata umum
value = Nilai
target = Target
last-year = Tahun lalu
period = Periode
region = Wilayah
rank = No
note = Catatan
indicator = Indikator
agency = Perangkat daerah
state = Keadaan
course = Perjalanan
source = Sumber
rows = Baris
row = Baris
column = Kolom
reason = Alasan
action = Tindakan
run = Penarikan
by = Oleh
recorded-at = dicatat { $n }
recorded = Dicatat
breakdown = Rincian
total = Semua
no-value = belum ada
not-reported = belum melapor
as-table = Tabel
reported-of = { $a } dari { $b } melapor
map-missing = belum melapor ({ $n })
map-order = Urut kode wilayah, bukan letak.
points = { $n } poin
since-period = dari { $n }
since-period-short = dari { $n }
target-at-least = target ≥ { $n }
target-at-most = target ≤ { $n }
target-between = target { $a } sampai { $b }
label-target = target { $n }
label-target-low = bawah { $n }
label-target-high = atas { $n }
label-last-year = thn lalu { $n }

## Papan
board-title-default = Papan pimpinan
needs-attention = Perlu perhatian
all-well = Semua target tercapai dan semua sumber segar.
exceptions-more = { $n } lagi yang perlu perhatian
agencies = Perangkat daerah
agency-figures = Angka
agency-data = Data
agency-data-fresh = segar
count-off = { $n } meleset
count-risk = { $n } rawan
count-on = { $n } sesuai
count-no-target = { $n } tanpa target
count-no-data = { $n } belum ada
other-boards = Papan lain
board-summary = { $off } dari { $all } indikator meleset dari target, { $risk } rawan, { $on } sesuai.
board-summary-none = Belum ada indikator yang punya target dan nilai.
board-summary-silent = { $n } sumber tidak menepati janji.
empty-board = Belum ada angka
empty-board-now = Papan terisi sendiri setelah sumber pertama ditarik. Buka sumber data dan tekan “Tarik sekarang”.
empty-pack = Belum ada paket daerah
empty-pack-now = Pasang paket dengan perintah: pendopo apply PAKET. Setelah itu papan, indikator dan sumber muncul di sini.
exception-off = { $value } terhadap { $target }.
exception-since =
    { $n ->
        [one] Meleset pada periode ini.
       *[other] Meleset { $n } periode berturut-turut.
    }
exception-worst = Terburuk: { $n }.
exception-worsening = Memburuk dari { $a } ({ $b }).
exception-improving = Membaik dari { $a } ({ $b }).
exception-steady = Tidak berubah dari { $a }.
lineage-link = asal angka
source-link = lihat sumber

## Indikator
indicators-lead = Angka terbaru { $n }. Buka indikator untuk target, tren, dan wilayah di bawahnya.
filter-all = Semua
filter-off = Meleset
filter-risk = Rawan
filter-no-data = Belum ada data
empty-indicators = Tidak ada indikator di sini
empty-indicators-now = Ubah saringan, atau pasang paket yang memuat indikator.
known-on = Seperti diketahui pada
ranking = Peringkat
ranking-of = Urut nilai, { $n }
split = Rincian
below-province = Menurut provinsi
below-regency = Menurut kabupaten/kota
below-district = Menurut kecamatan
below-village = Menurut desa/kelurahan
about-indicator = Tentang indikator ini
definition = Definisi
owner = Penanggung jawab
unit = Satuan
direction = Arah yang baik
direction-higher = makin tinggi makin baik
direction-lower = makin rendah makin baik
direction-range = di antara dua batas
cadence = Berkala
cadence-day = harian
cadence-week = mingguan
cadence-month = bulanan
cadence-quarter = triwulanan
cadence-semester = semesteran
cadence-year = tahunan
aggregation = Dijumlah ke atas
aggregation-sum = jumlah wilayah di bawahnya
aggregation-mean = rata-rata wilayah di bawahnya
aggregation-weighted_mean = rata-rata tertimbang
aggregation-ratio = pembilang dibagi penyebut
aggregation-none = tiap tingkat melapor sendiri
target-basis = Dasar target
lead-value-target = { $value }, { $target }.
lead-value = { $value }.
lead-changed = { $change } dari { $a } ({ $b }).
lead-same = Sama dengan { $a }.
lead-last-year = Setahun lalu { $n }.
lead-complete = Semua { $n } wilayah di bawahnya melapor.
lead-incomplete = Baru { $a } dari { $b } wilayah di bawahnya melapor.
notice-known-on = Ini angka seperti diketahui pada { $n }. Revisi sesudahnya tidak ikut.
notice-mismatch-below = Di { $n } wilayah di bawahnya angka yang dilaporkan berbeda dari jumlah bagiannya.
notice-mismatch = Angka yang dilaporkan { $a }; jumlah dari wilayah di bawahnya { $b }. Selisihnya belum dijelaskan.
empty-indicator = Belum ada nilai di wilayah ini
empty-indicator-now = Nilai muncul setelah { $n } melapor. Lihat keadaan sumbernya.
trend-rose = Naik dari { $a } ({ $b }) menjadi { $c }.
trend-fell = Turun dari { $a } ({ $b }) menjadi { $c }.
trend-flat = Tetap { $n }.
trend-none = Belum ada nilai pada rentang ini.
map-summary = Tertinggi { $a }, terendah { $b }.
map-summary-none = Belum ada yang melapor.

## Asal angka
lineage-title = Dari mana angka ini
lineage-of = { $a }, { $b }
lineage-rolled = Dihitung dari { $a } dari { $b } wilayah di bawahnya.
lineage-computed = Dihitung dari indikator lain oleh pusat ini.
lineage-ratio = Pembilang dibagi penyebut, dikali { $n }.
lineage-made-from = Dihitung dari
lineage-part = Bagian
lineage-source = Sumber
lineage-run = Penarikan
lineage-answer = Jawaban asli disimpan, SHA-256
lineage-row = Baris asli
lineage-row-gathered = Dikumpulkan dari beberapa baris jawaban sumber.
lineage-row-unreadable = Jawaban asli disimpan, tetapi barisnya tidak dapat dibaca kembali.
lineage-row-number = Baris { $n } pada jawaban sumber.
lineage-row-not-kept = Jawaban asli penarikan ini tidak disimpan.
lineage-revisions = Riwayat revisi
lineage-owner = Yang bertanggung jawab
lineage-reported = Dilaporkan oleh { $n }.
lineage-run-words = dicatat { $a } oleh { $b }

## Sumber data
sources-all-fresh = Semua { $n } sumber menepati janji.
sources-some-ill = { $a } dari { $b } sumber perlu ditangani.
what-and-who = Apa dan siapa
last-good = Terakhir baik
promise = Janji
promise-every = setiap { $n }
never = belum pernah
run-now = Tarik sekarang
run-dry = Uji tanpa menyimpan
run-watch = Lihat yang berjalan
about-source = Tentang sumber ini
source-feeds = Mengisi indikator
source-runs = Penarikan terakhir
source-connector = Cara baca
source-schedule = Jadwal
source-by-hand = ditarik dengan tangan
source-contact = Hubungi
rows-accepted = { $n } diterima
rows-refused = { $n } ditolak
empty-sources = Belum ada sumber
empty-sources-now = Tulis satu berkas di folder sources/ pada paket, lalu jalankan: pendopo apply PAKET.

## Penarikan
runs-lead = Buku besar semua penarikan: kapan, oleh siapa, apa akibatnya.
run-number = no. { $n }
run-running = berjalan
run-done = selesai
run-refused = ditolak
run-failed = gagal
run-interrupted = terputus
run-kind-source = Penarikan sumber
run-kind-import = Impor berkas
run-kind-retry = Ulang baris ditolak
run-kind-computed = Penghitungan
started = Mulai
took = Lama
accepted = Diterima
refused = Ditolak
effect = Akibat
effect-words = { $a } baru, { $b } direvisi, { $c } tetap
effect-none = tidak ada
run-facts = Rincian penarikan
run-reloads = Halaman ini memuat diri sendiri tiap beberapa detik.
run-progress = { $a } dari { $b } baris
run-progress-open = { $n } baris
run-sentence-running = Sedang berjalan sejak { $n }.
run-sentence-done = Selesai: { $accepted } baris diterima, { $refused } ditolak. Angka baru { $added }, direvisi { $revised }.
run-sentence-refused = Tidak dipakai: { $n }
run-sentence-failed = Gagal: { $n } Angka yang sudah ada tidak berubah.
run-sentence-interrupted = Terputus sebelum selesai. Tidak ada angka yang berubah; penarikan berikutnya mulai dari awal.
trigger = Pemicu
trigger-schedule = jadwal
trigger-manual = tangan
trigger-retry = ulang
run-reason = Keperluan
finished = Selesai
repeated = Berulang
bytes = Ukuran jawaban
problem = Masalah
see-refused = Lihat { $n } baris ditolak
filter-running = Berjalan
filter-failed = Gagal
filter-refused = Ditolak
empty-runs = Belum ada penarikan
empty-runs-now = Penarikan pertama muncul di sini setelah jadwalnya tiba, atau tekan “Tarik sekarang” pada sebuah sumber.
refused-title = Baris ditolak
refused-summary = { $n } baris dikesampingkan; baris lain tetap dipakai. Perbaiki di sumbernya, lalu ulangi.
raw-row = Baris seperti diterima
export-csv = Unduh CSV
retry-refused = Ulangi baris ini
next-rows = Baris berikutnya
refused-open = terbuka
refused-retried = sudah diulang
refused-dismissed = diabaikan
empty-refused = Tidak ada baris ditolak
empty-refused-now = Semua baris penarikan ini dipakai.

## Wilayah
region-lead = Kode Kemendagri { $code }, { $kind }.
region-children = Membawahi { $n } wilayah.
kind-negara = negara
kind-provinsi = provinsi
kind-kabupaten = kabupaten
kind-kota = kota
kind-kecamatan = kecamatan
kind-desa = desa
kind-kelurahan = kelurahan
empty-region = Belum ada angka untuk wilayah ini
empty-region-now = Sumber belum melapor sampai tingkat ini.
country = Indonesia

## Pola tampilan
pattern-lead = Semua unsur tampilan dalam semua keadaannya, dengan angka buatan.
pattern-states = Keadaan
pattern-tiles = Kartu angka
pattern-trends = Tren
pattern-map = Wilayah
pattern-map-dense = Wilayah, rapat
pattern-bars = Peringkat
pattern-bullets = Terhadap target
pattern-heat = Wilayah menurut waktu
pattern-empty = Kosong
sample-indicator = Indikator contoh
sample-range = Harga contoh
sample-region = Wilayah { $n }
sample-summary = Kalimat yang menyebut isi gambar.
