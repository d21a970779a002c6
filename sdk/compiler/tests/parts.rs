//! A product of rows that are put together of categories and numbers takes the parts, and gives the bits of whole rows; whatever is a little
//! else stays as the file has it.

mod onnx_file;
mod zoo;

use onnx_file::{
    FLOAT, INITIALIZER, INPUT, INT64, ML, Message, NODE, OUTPUT, STRING, file, floats, int, ints,
    node_of, port, table, tensor, texts,
};
use scoregate_compiler::graph_model::GraphModel;
use scoregate_compiler::reader::{Model, read_model};
use scoregate_graph::Graph;
use scoregate_graph::data::Text;
use scoregate_graph::ops::{Algebra, Op, Part};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

fn read(file: &[u8]) -> GraphModel {
    match read_model(file, None, None) {
        Ok(Model::Graph(model)) => *model,
        other => panic!("{other:?}"),
    }
}

/// The parts of each product that takes categories.
fn products(model: &GraphModel) -> Vec<Vec<Part>> {
    let steps = model.program.steps.iter();
    let products = steps.filter_map(|step| match &step.op {
        Op::Algebra(Algebra::Parts(parts)) => Some(parts.parts.clone()),
        _ => None,
    });
    let is_category = |part: &Part| matches!(part, Part::Category(_));
    products
        .filter(|parts| parts.iter().any(is_category))
        .collect()
}

/// A model of two categories and three numbers, `color`, `size` and `x`, whose rows are `all`.
#[derive(Clone)]
struct Made {
    parts: Vec<(u64, Message)>,
}

const COLORS: [&str; 3] = ["red", "green", "blue"];
const SIZES: [i64; 2] = [7, -2];
const DEPTH: usize = 8;

impl Made {
    /// `zeros`: what becomes of categories that are not known. `apart`: between the rows and what takes them are operators that give the
    /// same bits, which nothing looks through.
    fn new(zeros: i64, apart: bool) -> Self {
        let mut made = Self {
            parts: vec![
                (INPUT, table("color", STRING, 1)),
                (INPUT, port("size", INT64, &rows_alone())),
                (INPUT, table("x", FLOAT, 3)),
            ],
        };
        let zeros = int("zeros", zeros);
        let colors = [texts("cats_strings", &COLORS), zeros.clone()];
        made.node(ML, "OneHotEncoder", &["color"], "colors", &colors);
        let sizes = [ints("cats_int64s", &SIZES), zeros];
        made.node(ML, "OneHotEncoder", &["size"], "flat", &sizes);
        made.node("", "Unsqueeze", &["flat"], "sizes", &[ints("axes", &[1])]);
        let last = [int("axis", -1)];
        made.node("", "Concat", &["colors", "sizes"], "both", &last);
        made.node("", "Flatten", &["both"], "words", &[]);
        made.node("", "Concat", &["words", "x"], "rows", &[int("axis", 1)]);
        let cast = [int("to", FLOAT as i64)];
        let same = if apart { "rows back" } else { "rows" };
        made.node("", "Neg", &["rows"], "rows turned", &[]);
        made.node("", "Neg", &["rows turned"], "rows back", &[]);
        made.node("", "Cast", &[same], "all", &cast);
        made
    }

    fn node(
        &mut self,
        domain: &str,
        op: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[Message],
    ) {
        let made = node_of(domain, op, inputs, &[output], attributes);
        self.parts.push((NODE, made));
    }

    fn constant(&mut self, name: &str, dims: &[u64], values: &[f32]) {
        self.parts.push((INITIALIZER, tensor(name, dims, values)));
    }

    fn model(mut self, columns: u64) -> GraphModel {
        self.parts.push((OUTPUT, table("y", FLOAT, columns)));
        read(&file(&self.parts))
    }
}

fn rows_alone() -> Message {
    let rows = Message::default().bytes(2, "N");
    Message::default().message(1, &rows)
}

/// Numbers whose sums are rounded.
fn rough(count: usize) -> Vec<f32> {
    let numbers = (0..count).map(|at| (at * 7_919 + 1) % 1_009);
    numbers.map(|number| number as f32 / 17.0 - 29.3).collect()
}

/// Rows with every pair of categories, those that are not known too, and numbers that are hard to add.
fn inputs(count: usize, known: bool) -> Vec<Tensor<'static>> {
    let colors = if known { COLORS.len() } else { 4 };
    let color = |row: usize| COLORS.get(row % colors).unwrap_or(&"mauve").as_bytes();
    let size = |row: usize| *SIZES.get(row / 4 % if known { 2 } else { 3 }).unwrap_or(&0);
    let hard = [0.1, -0.0, 1e30, f32::NAN, -3.3, f32::INFINITY, 1e-40, 7.7];
    let number = |at: usize| match at % 11 {
        0 => hard[at / 11 % hard.len()],
        _ => at as f32 / 7.0 - 2.0,
    };
    let shape = |dims: &[usize]| Shape::new(dims).unwrap();
    let colors: Vec<Text<'static>> = (0..count).map(|row| Text::Borrowed(color(row))).collect();
    let numbers: Vec<f32> = (0..count * 3).map(number).collect();
    vec![
        Tensor::text(shape(&[count, 1]), colors).unwrap(),
        Tensor::i64(shape(&[count]), (0..count).map(size).collect::<Vec<i64>>()).unwrap(),
        Tensor::f32(shape(&[count, 3]), numbers).unwrap(),
    ]
}

/// The bits of all outputs.
fn answers(model: &GraphModel, rows: Vec<Tensor<'static>>) -> Result<Vec<Vec<Vec<u8>>>, String> {
    let tables = model.tables().unwrap();
    let graph = Graph::from_tables(&tables).unwrap();
    let outputs = graph.run(rows)?;
    let bits = outputs
        .iter()
        .map(|output| zoo::compare::bits(output.data()));
    Ok(bits.collect())
}

/// What this makes of `all` is a product of parts, or none, and has the bits of whole rows.
fn is_one(fused: bool, columns: u64, what: &str, make: impl Fn(&mut Made)) {
    let [one, apart] = [false, true].map(|apart| {
        let mut made = Made::new(1, apart);
        make(&mut made);
        made.model(columns)
    });
    let parts = vec![Part::Category(3), Part::Category(2), Part::Numbers(3)];
    assert_eq!(
        products(&one),
        if fused { vec![parts] } else { vec![] },
        "{what}"
    );
    assert_eq!(products(&apart), Vec::<Vec<Part>>::new(), "{what}");
    for count in [1, 2, 5, 64, 131] {
        let asked = |model| answers(model, inputs(count, false)).unwrap();
        assert_eq!(asked(&one), asked(&apart), "{what}, {count} rows");
    }
}

#[test]
fn products_of_rows_in_parts_have_the_bits_of_whole_rows() {
    is_one(true, 5, "MatMul", |made| {
        made.constant("w", &[DEPTH as u64, 5], &rough(DEPTH * 5));
        made.node("", "MatMul", &["all", "w"], "y", &[]);
    });
    is_one(true, 11, "Gemm", |made| {
        made.constant("w", &[11, DEPTH as u64], &rough(DEPTH * 11));
        made.constant("c", &[11], &rough(11));
        let turned = [int("transB", 1)];
        made.node("", "Gemm", &["all", "w", "c"], "y", &turned);
    });
    is_one(true, 2, "Gemm without C", |made| {
        made.constant("w", &[DEPTH as u64, 2], &rough(DEPTH * 2));
        made.node("", "Gemm", &["all", "w"], "y", &[]);
    });
    for targets in [1, 2, 3, 9] {
        is_one(true, targets, "LinearRegressor", |made| {
            let told = [
                int("targets", targets as i64),
                floats("coefficients", &rough(DEPTH * targets as usize)),
                floats("intercepts", &rough(targets as usize)),
            ];
            made.node(ML, "LinearRegressor", &["all"], "y", &told);
        });
    }
    is_one(true, 3, "LinearClassifier", |made| {
        let told = [
            floats("coefficients", &rough(DEPTH * 3)),
            floats("intercepts", &rough(3)),
            ints("classlabels_ints", &[4, 5, 6]),
        ];
        let outputs = ["label", "y"];
        let classifier = node_of(ML, "LinearClassifier", &["all"], &outputs, &told);
        made.parts.push((NODE, classifier));
    });
}

#[test]
fn products_that_are_a_little_else_stay() {
    is_one(false, 5, "an infinite weight", |made| {
        let mut weights = rough(DEPTH * 5);
        weights[7] = f32::INFINITY;
        made.constant("w", &[DEPTH as u64, 5], &weights);
        made.node("", "MatMul", &["all", "w"], "y", &[]);
    });
    is_one(false, 1, "a single column", |made| {
        made.constant("w", &[DEPTH as u64, 1], &rough(DEPTH));
        made.node("", "MatMul", &["all", "w"], "y", &[]);
    });
    is_one(false, 5, "a row for each category", |made| {
        made.constant("w", &[3, 5], &rough(15));
        made.node("", "MatMul", &["colors", "w"], "y", &[]);
    });
}

#[test]
fn a_category_that_is_not_known_is_refused_by_the_name_of_its_operator() {
    let mut made = Made::new(0, false);
    made.constant("w", &[DEPTH as u64, 5], &rough(DEPTH * 5));
    made.node("", "MatMul", &["all", "w"], "y", &[]);
    let model = made.model(5);
    assert_eq!(products(&model).len(), 1);
    assert!(answers(&model, inputs(9, true)).is_ok());
    let refused = answers(&model, inputs(9, false)).unwrap_err();
    assert_eq!(
        refused,
        "`the_OneHotEncoder` (ai.onnx.ml.OneHotEncoder): the input's value 3 is none of the 3 categories, and the model takes no other"
    );
}

#[test]
fn products_add_what_is_added_to_their_rows() {
    let made = |turned: bool, apart: bool| {
        let mut made = Made::new(1, apart);
        made.constant("w", &[DEPTH as u64, 5], &rough(DEPTH * 5));
        made.constant("plus", &[1, 5], &rough(5));
        made.node("", "MatMul", &["all", "w"], "product", &[]);
        let inputs = if turned {
            ["plus", "product"]
        } else {
            ["product", "plus"]
        };
        made.node("", "Add", &inputs, "y", &[]);
        made
    };
    let steps = |model: &GraphModel| {
        let steps = model.program.steps.iter();
        let named = steps.filter(|step| step.operator().ends_with("Add"));
        named.count()
    };
    // Something else takes the product, too.
    let mut other = made(false, false);
    other.parts.push((OUTPUT, table("product", FLOAT, 5)));
    let other = other.model(5);
    assert_eq!((steps(&other), products(&other).len()), (1, 1));
    for turned in [false, true] {
        let [one, apart] = [false, true].map(|apart| made(turned, apart).model(5));
        assert_eq!((steps(&one), steps(&apart)), (0, 0));
        assert_eq!((products(&one).len(), products(&apart).len()), (1, 0));
        let asked = |model| answers(model, inputs(131, false)).unwrap();
        assert_eq!(asked(&one), asked(&apart));
        assert_eq!(asked(&one)[0], asked(&other)[1]);
    }
}

#[test]
fn products_share_the_places_of_their_categories() {
    let mut made = Made::new(1, false);
    made.constant("w", &[DEPTH as u64, 5], &rough(DEPTH * 5));
    made.node("", "MatMul", &["all", "w"], "a", &[]);
    made.node("", "MatMul", &["rows", "w"], "b", &[]);
    made.node("", "Add", &["a", "b"], "y", &[]);
    let model = made.model(5);
    assert_eq!(products(&model).len(), 2);
    let steps = model.program.steps.iter();
    let one_hots = steps.filter(|step| step.operator().ends_with("OneHotEncoder"));
    assert_eq!(one_hots.count(), 2);
}

/// The chains that hostile files make of operators which move nothing are not followed without end.
#[test]
fn rows_that_are_put_together_of_too_much_stay_whole() {
    let mut made = Made::new(1, false);
    made.node("", "Flatten", &["words"], "chain 0", &[]);
    for nth in 1..5_000 {
        let (before, after) = (format!("chain {}", nth - 1), format!("chain {nth}"));
        made.node("", "Flatten", &[&before], &after, &[]);
    }
    made.constant("w", &[5, 5], &rough(25));
    made.node("", "MatMul", &["chain 4999", "w"], "y", &[]);
    assert_eq!(products(&made.model(5)), Vec::<Vec<Part>>::new());
    // Each is twice the one before.
    let mut made = Made::new(1, false);
    let axis = [int("axis", 1)];
    made.node("", "Concat", &["words", "words"], "twice 0", &axis);
    for nth in 1..12 {
        let (before, after) = (format!("twice {}", nth - 1), format!("twice {nth}"));
        made.node("", "Concat", &[&before, &before], &after, &axis);
    }
    let depth = 5 << 12;
    made.constant("w", &[depth, 2], &vec![1.0; depth as usize * 2]);
    made.node("", "MatMul", &["twice 11", "w"], "y", &[]);
    assert_eq!(products(&made.model(2)), Vec::<Vec<Part>>::new());
}
