/// A media type and the extensions of its files, one type a line, sorted by type. An extension
/// stands under one type only. Text types carry no charset: the bytes are the user's.
let contentTypeTable = """
  application/atom+xml atom
  application/bzip2 bz2
  application/dart dart
  application/dicom dcm
  application/epub+zip epub
  application/geo+json geojson
  application/gpx+xml gpx
  application/graphql graphql gql
  application/gzip gz tgz taz svgz
  application/java-archive jar war ear
  application/java-serialized-object ser
  application/java-vm class
  application/json json map
  application/json5 json5
  application/ld+json jsonld
  application/mac-binhex40 hqx
  application/manifest+json webmanifest
  application/mathml+xml mathml
  application/mbox mbox
  application/msword doc dot
  application/mxf mxf
  application/octet-stream bin bpk deploy dist distz dll dmg dms dump elc exe img iso lrf mar msi msm
  application/octet-stream msp pkg so
  application/oebps-package+xml opf
  application/ogg ogx
  application/onenote onetoc onetoc2 onetmp onepkg
  application/oxps oxps
  application/pdf pdf
  application/pgp-encrypted pgp
  application/pgp-signature asc sig
  application/pkcs10 p10
  application/pkcs7-mime p7m p7c
  application/pkcs7-signature p7s
  application/pkcs8 p8
  application/pkix-cert cer
  application/pkix-crl crl
  application/postscript ps eps ai
  application/rdf+xml rdf owl
  application/rss+xml rss
  application/rtf rtf
  application/smil+xml smi smil
  application/sparql-query rq
  application/sql sql
  application/toml toml
  application/ttml+xml ttml
  application/vnd.adobe.air-application-installer-package+zip air
  application/vnd.amazon.ebook azw
  application/vnd.android.package-archive apk aab
  application/vnd.apache.arrow.file arrow
  application/vnd.apache.arrow.stream arrows
  application/vnd.apache.parquet parquet
  application/vnd.apple.installer+xml mpkg
  application/vnd.apple.keynote key
  application/vnd.apple.mpegurl m3u8
  application/vnd.apple.numbers numbers
  application/vnd.apple.pages pages
  application/vnd.debian.binary-package deb udeb
  application/vnd.flatpak flatpak
  application/vnd.google-earth.kml+xml kml
  application/vnd.google-earth.kmz kmz
  application/vnd.iccprofile icc icm
  application/vnd.lotus-1-2-3 123
  application/vnd.mapbox-vector-tile mvt
  application/vnd.mozilla.xul+xml xul
  application/vnd.ms-cab-compressed cab
  application/vnd.ms-excel xls xlm xla xlc xlt xlw
  application/vnd.ms-excel.addin.macroenabled.12 xlam
  application/vnd.ms-excel.sheet.binary.macroenabled.12 xlsb
  application/vnd.ms-excel.sheet.macroenabled.12 xlsm
  application/vnd.ms-excel.template.macroenabled.12 xltm
  application/vnd.ms-fontobject eot
  application/vnd.ms-htmlhelp chm
  application/vnd.ms-outlook msg
  application/vnd.ms-powerpoint ppt pps pot
  application/vnd.ms-powerpoint.addin.macroenabled.12 ppam
  application/vnd.ms-powerpoint.presentation.macroenabled.12 pptm
  application/vnd.ms-powerpoint.slideshow.macroenabled.12 ppsm
  application/vnd.ms-powerpoint.template.macroenabled.12 potm
  application/vnd.ms-project mpp mpt
  application/vnd.ms-word.document.macroenabled.12 docm
  application/vnd.ms-word.template.macroenabled.12 dotm
  application/vnd.ms-works wps wks wcm wdb
  application/vnd.ms-wpl wpl
  application/vnd.ms-xpsdocument xps
  application/vnd.oasis.opendocument.chart odc
  application/vnd.oasis.opendocument.database odb
  application/vnd.oasis.opendocument.formula odf
  application/vnd.oasis.opendocument.graphics odg
  application/vnd.oasis.opendocument.graphics-template otg
  application/vnd.oasis.opendocument.image odi
  application/vnd.oasis.opendocument.presentation odp
  application/vnd.oasis.opendocument.presentation-template otp
  application/vnd.oasis.opendocument.spreadsheet ods
  application/vnd.oasis.opendocument.spreadsheet-template ots
  application/vnd.oasis.opendocument.text odt
  application/vnd.oasis.opendocument.text-master odm
  application/vnd.oasis.opendocument.text-template ott
  application/vnd.openofficeorg.extension oxt
  application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
  application/vnd.openxmlformats-officedocument.presentationml.slide sldx
  application/vnd.openxmlformats-officedocument.presentationml.slideshow ppsx
  application/vnd.openxmlformats-officedocument.presentationml.template potx
  application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
  application/vnd.openxmlformats-officedocument.spreadsheetml.template xltx
  application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
  application/vnd.openxmlformats-officedocument.wordprocessingml.template dotx
  application/vnd.palm pdb pqa oprc
  application/vnd.pmtiles pmtiles
  application/vnd.rar rar
  application/vnd.rn-realmedia rm
  application/vnd.rn-realmedia-vbr rmvb
  application/vnd.sqlite3 sqlite sqlite3 db3
  application/vnd.symbian.install sis sisx
  application/vnd.tcpdump.pcap pcap cap dmp
  application/vnd.visio vsd vst vss vsw
  application/vnd.visio.drawing vsdx
  application/voicexml+xml vxml
  application/wasm wasm
  application/winhlp hlp
  application/x-7z-compressed 7z
  application/x-abiword abw
  application/x-ace-compressed ace
  application/x-bittorrent torrent
  application/x-brotli br
  application/x-bzip bz
  application/x-cbr cbr cba cbt cbz cb7
  application/x-chrome-extension crx
  application/x-compress z
  application/x-cpio cpio
  application/x-csh csh
  application/x-dvi dvi
  application/x-font-bdf bdf
  application/x-font-pcf pcf
  application/x-font-snf snf
  application/x-freearc arc
  application/x-gnumeric gnumeric
  application/x-gtar gtar
  application/x-hdf hdf
  application/x-hdf5 h5 hdf5
  application/x-httpd-php php
  application/x-java-jnlp-file jnlp
  application/x-latex latex
  application/x-lz4 lz4
  application/x-lzh-compressed lzh lha
  application/x-lzip lz
  application/x-lzma lzma
  application/x-lzop lzo
  application/x-mobipocket-ebook prc mobi
  application/x-ms-application application
  application/x-ms-shortcut lnk
  application/x-ms-wmd wmd
  application/x-ms-wmz wmz
  application/x-msaccess mdb accdb
  application/x-mspublisher pub
  application/x-ndjson ndjson jsonl
  application/x-netcdf nc cdf
  application/x-nzb nzb
  application/x-perl pl pm
  application/x-pkcs12 p12 pfx
  application/x-pkcs7-certificates p7b spc
  application/x-pkcs7-certreqresp p7r
  application/x-python-code pyc pyo
  application/x-redhat-package-manager rpm
  application/x-ruby rb
  application/x-sh sh
  application/x-shar shar
  application/x-shockwave-flash swf
  application/x-snappy sz
  application/x-stuffit sit
  application/x-stuffitx sitx
  application/x-subrip srt
  application/x-tar tar
  application/x-tcl tcl
  application/x-tex tex
  application/x-tex-tfm tfm
  application/x-texinfo texinfo texi
  application/x-trash bak old sik
  application/x-ustar ustar
  application/x-x509-ca-cert der crt pem
  application/x-xar xar
  application/x-xfig fig
  application/x-xpinstall xpi
  application/x-xz xz txz
  application/xhtml+xml xhtml xht
  application/xml xml xsl xsd rng
  application/xml-dtd dtd
  application/xop+xml xop
  application/xslt+xml xslt
  application/xspf+xml xspf
  application/yaml yaml yml
  application/yang yang
  application/yin+xml yin
  application/zip zip
  application/zstd zst zstd
  audio/3gpp2 qcp
  audio/aac aac
  audio/adpcm adp
  audio/aiff aif aiff aifc
  audio/amr amr
  audio/basic au snd
  audio/flac flac
  audio/matroska mka
  audio/midi mid midi kar rmi
  audio/mp4 m4a mp4a m4b m4r
  audio/mpeg mp3 mpga mp2 mp2a m2a m3a
  audio/ogg oga ogg spx opus
  audio/s3m s3m
  audio/vnd.dts dts
  audio/vnd.dts.hd dtshd
  audio/wav wav
  audio/webm weba
  audio/x-ape ape
  audio/x-caf caf
  audio/x-mpegurl m3u
  audio/x-ms-wax wax
  audio/x-ms-wma wma
  audio/x-pn-realaudio ra ram
  audio/xm xm
  chemical/x-cif cif
  chemical/x-mdl-molfile mol
  chemical/x-pdb ent
  chemical/x-xyz xyz
  font/collection ttc
  font/otf otf
  font/ttf ttf
  font/woff woff
  font/woff2 woff2
  image/aces exr
  image/apng apng
  image/avif avif
  image/bmp bmp dib
  image/cgm cgm
  image/dicom-rle drle
  image/emf emf
  image/fits fits fit fts
  image/gif gif
  image/heic heic
  image/heic-sequence heics
  image/heif heif
  image/heif-sequence heifs
  image/ief ief
  image/jp2 jp2 jpg2
  image/jpeg jpg jpeg jpe jfif
  image/jpm jpm
  image/jpx jpx jpf
  image/jxl jxl
  image/ktx ktx
  image/ktx2 ktx2
  image/png png
  image/qoi qoi
  image/sgi sgi
  image/svg+xml svg
  image/tiff tif tiff
  image/vnd.adobe.photoshop psd
  image/vnd.djvu djvu djv
  image/vnd.dwg dwg
  image/vnd.dxf dxf
  image/vnd.microsoft.icon ico
  image/vnd.ms-dds dds
  image/vnd.wap.wbmp wbmp
  image/webp webp
  image/wmf wmf
  image/x-adobe-dng dng
  image/x-canon-cr2 cr2
  image/x-canon-cr3 cr3
  image/x-cmu-raster ras
  image/x-nikon-nef nef
  image/x-pcx pcx
  image/x-pict pic pct
  image/x-portable-anymap pnm
  image/x-portable-bitmap pbm
  image/x-portable-graymap pgm
  image/x-portable-pixmap ppm
  image/x-rgb rgb
  image/x-sony-arw arw
  image/x-tga tga
  image/x-xbitmap xbm
  image/x-xcf xcf
  image/x-xpixmap xpm
  image/x-xwindowdump xwd
  message/rfc822 eml mime mht mhtml nws
  model/3mf 3mf
  model/gltf+json gltf
  model/gltf-binary glb
  model/iges igs iges
  model/mesh msh mesh silo
  model/obj obj
  model/step step stp
  model/stl stl
  model/vnd.collada+xml dae
  model/vnd.usdz+zip usdz
  model/vrml wrl vrml
  model/x3d+xml x3d x3dz
  text/cache-manifest appcache manifest
  text/calendar ics ifb
  text/coffeescript coffee litcoffee
  text/css css
  text/csv csv
  text/html html htm shtml
  text/javascript js mjs cjs
  text/jsx jsx
  text/less less
  text/markdown md markdown mkd
  text/mathml mml
  text/n3 n3
  text/plain txt text conf def list log in ini cfg properties env diff patch
  text/richtext rtx
  text/sgml sgml sgm
  text/tab-separated-values tsv
  text/troff t tr roff man me ms
  text/turtle ttl
  text/uri-list uri uris urls
  text/vcard vcard vcf
  text/vnd.graphviz gv
  text/vtt vtt
  text/x-asm s asm
  text/x-c c cc cxx cpp h hh hpp hxx dic
  text/x-csharp cs
  text/x-fortran f for f77 f90
  text/x-go go
  text/x-handlebars-template hbs
  text/x-haskell hs
  text/x-java-source java
  text/x-kotlin kt kts
  text/x-lua lua
  text/x-opml opml
  text/x-pascal p pas
  text/x-python py
  text/x-rst rst
  text/x-rust rs
  text/x-sass sass
  text/x-scala scala
  text/x-scss scss
  text/x-swift swift
  text/x-typescript tsx
  text/x-uuencode uu
  text/x-vcalendar vcs
  video/3gpp 3gp 3gpp
  video/3gpp2 3g2
  video/h261 h261
  video/h263 h263
  video/h264 h264
  video/h265 h265 hevc
  video/iso.segment m4s
  video/jpeg jpgv
  video/matroska mkv mks
  video/matroska-3d mk3d
  video/mj2 mj2 mjp2
  video/mp2t ts m2ts mts
  video/mp4 mp4 mp4v mpg4 m4v
  video/mpeg mpeg mpg mpe m1v m2v vob
  video/ogg ogv
  video/quicktime qt mov
  video/vnd.mpegurl mxu m4u
  video/webm webm
  video/x-f4v f4v
  video/x-fli fli
  video/x-flv flv
  video/x-mng mng
  video/x-ms-asf asf asx
  video/x-ms-wm wm
  video/x-ms-wmv wmv
  video/x-ms-wmx wmx
  video/x-ms-wvx wvx
  video/x-msvideo avi
  video/x-sgi-movie movie
  """
