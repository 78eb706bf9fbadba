"""Declaration pages, a quote and a loss run as insurers lay them out; every name and number is made up."""

from __future__ import annotations

from tests.paper import Sheet, lines, pdf


def auto() -> bytes:
    """A personal auto declarations page: columns without rules, a table of vehicles, premiums for each vehicle."""
    page = Sheet()
    page.text(72, 60, "BRIGHTWATER MUTUAL INSURANCE COMPANY", size=15, bold=True)
    page.text(72, 82, "Personal Auto Policy Declarations", size=13, bold=True)
    page.text(72, 110, "Policy Number:").text(170, 110, "PA 4471 0093 22")
    page.text(340, 110, "Policy Period:").text(430, 110, "03/15/2026 to 09/15/2026")
    page.text(72, 140, "NAMED INSURED AND MAILING ADDRESS", bold=True).text(340, 140, "YOUR AGENT", bold=True)
    lines(page, 72, 156, ["Marisol T. Oakes", "418 Juniper Hollow Rd", "Cedar Falls, IA 50613"])
    lines(page, 340, 156, ["Prairie Line Insurance Agency", "(319) 266-0134"])
    page.text(72, 225, "COVERED VEHICLES", bold=True, size=11)
    heads = (("Veh", 72), ("Year", 110), ("Make", 160), ("Model", 230), ("VIN", 330))
    rows = (
        ("1", "2019", "Honda", "Accord EX", "1HGCV1F34KA123454"),
        ("2", "2022", "Subaru", "Outback", "4S4BTAFC4N3100006"),
    )
    for number, row in enumerate((tuple(word for word, _ in heads), *rows)):
        for (_, x), word in zip(heads, row, strict=True):
            page.text(x, 245 + 16 * number, word, bold=number == 0)
    page.text(72, 310, "DRIVERS", bold=True, size=11)
    for number, row in enumerate(
        (
            ("Driver", "Date of Birth", "License State"),
            ("Marisol T. Oakes", "07/22/1984", "IA"),
            ("Devon Oakes", "11/02/2005", "IA"),
        )
    ):
        for x, word in zip((72, 230, 340), row, strict=True):
            page.text(x, 328 + 16 * number, word, bold=number == 0)
    page.text(72, 395, "COVERAGES AND LIMITS", bold=True, size=11)
    table = (
        ("Coverage", "Limit", "Deductible", "Premium"),
        ("Bodily Injury Liability", "$100,000/$300,000", "", "$214.00"),
        ("Property Damage Liability", "$100,000", "", "$121.00"),
        ("Uninsured Motorist", "$100,000/$300,000", "", "$38.00"),
        ("Medical Payments", "$5,000", "", "$17.00"),
        ("Comprehensive", "Actual Cash Value", "$250", "$96.00"),
        ("Collision", "Actual Cash Value", "$500", "$242.00"),
    )
    for number, row in enumerate(table):
        for x, word in zip((72, 250, 390, 470), row, strict=True):
            page.text(x, 413 + 16 * number, word, bold=number == 0)
    page.text(72, 545, "Total 6 Month Premium").text(470, 545, "$728.00")
    page.text(72, 575, "Lienholder: First Prairie Credit Union").text(340, 575, "Loan Number: 88120-7")
    return pdf(page)


def homeowners() -> bytes:
    """A homeowners declarations page in boxes: the label stands in small type above its value."""
    page = Sheet()
    page.text(60, 55, "HOMEOWNERS POLICY DECLARATIONS", size=14, bold=True)
    page.grid([60, 240, 420, 550], [80, 115, 150])
    for x, y, label, value in (
        (64, 90, "POLICY NUMBER", "HO3-77120456"),
        (244, 90, "EFFECTIVE DATE", "02/01/2026"),
        (424, 90, "EXPIRATION DATE", "02/01/2027"),
        (64, 125, "INSURANCE COMPANY", "Harbor Gate Insurance"),
        (244, 125, "ANNUAL PREMIUM", "$1,846.00"),
        (424, 125, "AGENT CODE", "A-119"),
    ):
        page.text(x, y, label, size=6.5).text(x, y + 16, value, size=10)
    page.text(60, 175, "Named Insured", bold=True)
    lines(page, 60, 190, ["Theodore and Winifred Castellane", "77 Saltmarsh Lane", "Beaufort, SC 29902"], step=13)
    page.text(320, 175, "The residence premises", bold=True)
    lines(page, 320, 190, ["77 Saltmarsh Lane", "Beaufort, SC 29902"], step=13)
    page.text(60, 250, "SECTION I COVERAGES", bold=True, size=11)
    for number, (cover, limit) in enumerate(
        (
            ("Coverage A - Dwelling", "$412,000"),
            ("Coverage B - Other Structures", "$41,200"),
            ("Coverage C - Personal Property", "$206,000"),
            ("Coverage D - Loss of Use", "$82,400"),
            ("Coverage E - Personal Liability", "$500,000"),
            ("Coverage F - Medical Payments to Others", "$5,000"),
        )
    ):
        page.text(60, 268 + 15 * number, cover).text(380, 268 + 15 * number, limit)
    page.text(60, 375, "All Other Perils Deductible: $2,500").text(320, 375, "Hurricane Deductible: 2%")
    page.text(60, 395, "Year Built: 1998").text(320, 395, "Construction: Frame")
    page.text(60, 415, "Protection Class: 4").text(320, 415, "Roof Type: Architectural shingle")
    page.text(60, 435, "Mortgagee: Lowcountry Savings Bank ISAOA").text(320, 435, "Loan No: 0045512")
    return pdf(page)


def quote() -> bytes:
    """A commercial quote: label and value with dots between, a ruled table of limits."""
    page = Sheet()
    page.text(72, 60, "Commercial General Liability Quotation", size=15, bold=True)
    y = lines(
        page,
        72,
        90,
        [
            "Quote Number: GLQ-2026-00418",
            "Date: January 12, 2026",
            "Applicant: Ironwood Cabinetry LLC",
            "Description of Operations: Custom cabinet making and installation",
            "Proposed Effective Date: February 1, 2026",
            "Proposed Expiration Date: February 1, 2027",
            "Carrier: Ridgeline Specialty Insurance Company",
            "Producer: Copperfield Brokerage Inc.",
            "This quote is valid until January 31, 2026.",
        ],
    )
    rows = (
        ("Coverage", "Limit of Insurance"),
        ("General Aggregate", "$2,000,000"),
        ("Products/Completed Operations Aggregate", "$2,000,000"),
        ("Each Occurrence", "$1,000,000"),
        ("Personal & Advertising Injury", "$1,000,000"),
        ("Damage to Premises Rented to You", "$100,000"),
        ("Medical Expense (any one person)", "$5,000"),
    )
    top = y + 10
    page.grid([72, 330, 500], [top + 18 * number for number in range(len(rows) + 1)])
    for number, (cover, limit) in enumerate(rows):
        page.text(76, top + 13 + 18 * number, cover, bold=number == 0).text(334, top + 13 + 18 * number, limit)
    y = top + 18 * len(rows) + 24
    lines(
        page,
        72,
        y,
        [
            "Deductible: $1,000 per claim",
            "Total Estimated Premium: $4,312.00",
            "Estimated Annual Revenue: $1,250,000",
            "Number of Employees: 11",
        ],
    )
    return pdf(page)


def loss_run() -> bytes:
    """A loss run: a ruled table of claims, one row wrapped."""
    page = Sheet()
    page.text(72, 60, "LOSS RUN", size=16, bold=True)
    lines(page, 72, 85, ["Insured: Larkspur Bakery Inc.", "Policy Number: BOP 55120-09", "Valuation Date: 12/31/2025"])
    xs, top = [72, 150, 240, 390, 450, 520], 140
    page.grid(xs, [top, top + 18, top + 48, top + 66])
    for x, word in zip(xs, ("Date of Loss", "Claim Number", "Description", "Status", "Total Incurred"), strict=False):
        page.text(x + 3, top + 13, word, size=8, bold=True)
    for x, words in zip(
        xs, ("03/04/2024", "CL-88120", ("Water damage to", "flour store"), "Closed", "$12,450.00"), strict=False
    ):
        for number, part in enumerate((words,) if isinstance(words, str) else words):
            page.text(x + 3, top + 30 + 12 * number, part, size=8)
    for x, word in zip(xs, ("08/19/2025", "CL-90233", "Customer fall", "Open", "$3,000.00"), strict=False):
        page.text(x + 3, top + 60, word, size=8)
    return pdf(page)
