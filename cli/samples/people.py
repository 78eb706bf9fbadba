"""Two hundred invented names and the second language that goes with them."""

from __future__ import annotations

_NAMES = {
    "": (
        "Abigail Thornbury|Marcus Whitfield|Denise Okafor|Graham Pelletier|Tamara Kingsley|Curtis Blackwood|Helen Vandermeer|"
        "Andre Broussard|Lorraine Haskell|Wesley Stroud|Bridget Donnelly|Terrence Gaines|Paula Lindqvist|Darnell Hightower|"
        "Meredith Ashcombe|Roland Tippett|Yvonne Baptiste|Garrett Holloway|Sheila Munro|Kelvin Adeyemi|Constance Pruitt|"
        "Dale Hutchens|Imani Rutledge|Patrick Corrigan|Vivian Lockhart|Russell Amdahl|Felicia Monroe-Tate|Owen Braithwaite|"
        "Latoya Spruill|Norman Eckhart|Claudia Fenwick|Jerome Tillman|Audrey Sorensen|Kofi Mensah-Boateng|Beth Anne Rowland|"
        "Clifford Tsosie|Naomi Begaye|Leland Standing-Elk|Kai Kealoha|Leilani Mahoe|Winona Redbird|Harvey Goldfarb|"
        "Miriam Abelson|Ezra Lowenthal|Sean O\u2019Rourke|Fiona MacAllister|Siobhan Keaney|Declan Mulready|Trevor Baines|"
        "Sonya Whitaker|Malik Fontaine|Gwendolyn Parrish|Byron Caldwell-Reyes|Ingrid Halvorsen|Nils Bergstrand|"
        "Annika Rasmussen|Joel Van Houten|Marlene Dykstra|Desmond Achebe|Chidi Nwankwo|Amara Eze|Thandiwe Dlamini|"
        "Gloria Stubblefield|Calvin Mayhew|Ruthanne Cobb|Lyle Peckham|Shanice Duval|Everett Langstone|Joanna Petrakis|"
        "Nikos Stavridis|Francesca Bellandi|Rocco Tagliaferro|Adele Marchetti|Wade Kirkbride|Tessa Holcomb|Simone Arceneaux|"
        "Reggie Dupree|Carol Ann Teague|Monty Fairbanks|Phyllis Grantham|Dwayne Pickering|Holly Ravenscroft|Quentin Yarbrough|"
        "Noelle Castleberry|Ross Ellingboe|Janelle Weatherby|Tobias Krueger|Ursula Dietz|Heather Nighthorse|Lamar Sessions|"
        "Edith Waverly|Grant Overholt|Keisha Rollins|Stanley Huckaby|Dorothea Maas|Jamal Winfrey-Cole"
    ),
    "es": (
        "Marisol Quintero|Esteban Villagrán|Lucía Barragán|Rogelio Santillán|Ximena Peñaloza|Hernán Cisneros|"
        "Graciela Montalvo|Ulises Tavares|Yolanda Carrizales|Octavio Rentería|Beatriz Arreola|Fabián Zepeda|Noemí Escobedo|"
        "Raúl Candelaria|Ivette Maldonado-Cruz|Osvaldo Feliciano|Maritza Collazo|Joaquín Batista|Dulce Armenteros|"
        "Lisandro Pichardo|Caridad Valdivia|Ernesto Bustamante|Paloma Saucedo|Gilberto Ontiveros|Rosalba Medrano|"
        "Adrián Covarrubias|Elvira Gallegos-Trujillo|Tomás Archuleta|Viviana Urrutia|Mauricio Saldaña|Pilar Echeverría|"
        "Amado Betancourt|Jimena Lizarraga|Rubén Alcalá|Consuelo Tijerina|Efraín Nevarez|Daniela Oropeza|Marco Antonio Lule|"
        "Azucena Benavides|Leandro Figueredo"
    ),
    "zh": (
        "Meiling Zhao|Kevin Liang-Chu|Grace Xu Feng|Daniel Hsieh|Winnie Kwong|Jianhong Deng|Stella Ouyang|Raymond Szeto|"
        "Lihua Tang|Eugene Pang"
    ),
    "vi": "Thu Ha Duong|Minh Khoi Truong|Linh Cao|Bao Vuong|Tuyet Dinh|Andy Quach|Kim Ngan Luu|Hieu Ta",
    "ko": "Soo-jin Baek|Daniel Namgung|Hyunwoo Seo|Esther Gil|Minji Ahn|Peter Chae|Yuna Shim",
    "tl": "Marivic Dimaculangan|Jun Pangilinan|Rowena Catacutan|Arnel Magsaysay-Ong|Liezl Buenaflor",
    "hi": "Anjali Deshpande|Vikram Chaturvedi|Priya Raghunathan|Sanjay Bhandari|Kavita Iyengar|Rohan Malviya",
    "ar": "Layla Haddad-Nasser|Tariq Mansouri|Rania Khoury|Yousef Al-Sabbagh",
    "pt": "Thiago Carvalhal|Fernanda Moutinho|João Bettencourt|Renata Sardinha|Caio Vasconcellos",
    "ru": "Svetlana Kuzmenko|Arkady Belinsky|Oksana Hrytsenko|Dmitri Volkonov",
    "pl": "Agnieszka Wrobel|Zbigniew Kaczmar|Halina Majchrzak",
    "fr": "Nadège Toussaint-Pierre|Jean-Robert Desrosiers|Mireille Castonguay|Luc Thibodeaux|Widline Estimé",
    "ja": "Haruko Matsunaga|Kenji Tokuda",
    "ht": "Guerda Jean-Louis|Fritz Dorvilier",
    "de": "Waltraud Stoltzfus",
    "gu": "Hetal Vaghasiya|Nirav Kothadia",
}

NAMES: dict[str, tuple[str, ...]] = {language: tuple(names.split("|")) for language, names in _NAMES.items()}
"""Names by the language spoken besides English; the empty key holds those who speak English only."""

_SPOKEN = (
    "AZ es|CA es zh vi ko tl hi|CO es|CT es pt|DC es fr|FL es ht pt fr|GA es ko|HI tl ja|IL es pl hi|LA vi fr|MA pt zh ht|"
    "MD es ko fr|ME fr|MI ar|MN es|NC es|NJ es gu pt ko pl|NM es|NV es tl|NY es zh ru fr|OH de|OR es ru|PA es de|RI pt es|"
    "TX es vi zh hi ar|UT es|VA ko ar es|WA vi ru ko zh"
)
SPOKEN = {row.split()[0]: tuple(row.split()[1:]) for row in _SPOKEN.split("|")}
"""Languages in demand by state, the commonest first; a state not listed has none."""
